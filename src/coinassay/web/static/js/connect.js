// Connecting an account: finds exchanges while one types, and shows what was found out about a key without leaving the
// page, so that the secret need not be entered twice. Without this the same forms are answered by whole pages.

import { renewToken } from "./parts.js";

const search = document.querySelector("[data-filter]");
if (search) {
  const cards = [...document.querySelectorAll("[data-words]")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const nothing = document.querySelector("[data-nothing]");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      card.hidden = !words.every((word) => card.dataset.words.includes(word));
      shown += card.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("[data-words]:not([hidden])");
    }
    nothing.hidden = shown > 0;
  };
  search.addEventListener("input", filter);
  filter();
}

const check = document.querySelector("button[data-check]"); // a paper account has no key
if (check) {
  const form = check.form;
  const findings = document.querySelector("[data-findings]");
  const ask = () =>
    fetch(check.formAction, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-Fragment": "findings" },
      credentials: "same-origin",
    });
  check.addEventListener("click", async (event) => {
    if (!form.reportValidity()) {
      return;
    }
    event.preventDefault();
    check.disabled = true;
    findings.setAttribute("aria-busy", "true");
    findings.textContent = "Asking the exchange about this key …";
    try {
      let answer = await ask();
      if (answer.status === 403 && (await renewToken())) answer = await ask();
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        findings.textContent = "You are no longer signed in. Sign in in another tab; what you entered stays here.";
        return;
      }
      // The server's own template, which escapes everything that came from the exchange or the form.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      findings.replaceChildren(...page.body.childNodes);
    } catch {
      findings.textContent = "The server could not be reached. Nothing was stored; try again.";
    } finally {
      findings.removeAttribute("aria-busy");
      check.disabled = false;
      findings.focus();
    }
  });
  // What was found is about the key that was entered then.
  form.addEventListener("input", () => findings.replaceChildren());
}
