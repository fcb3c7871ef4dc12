// What every page does beyond its markup: theme and privacy without a reload, relative times, keys, copy buttons.

import { post, toast } from "./parts.js";

const root = document.documentElement;
const THEMES = ["system", "dark", "light"];

// ------------------------------------------------------------------------------------------------ theme and privacy

const look = document.querySelector("[data-look]");
const themeButton = document.querySelector("[data-theme-button]");
const privacyButton = document.querySelector("[data-privacy]");

function nextTheme() {
  const now = root.dataset.theme;
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  const after = THEMES[(THEMES.indexOf(next) + 1) % THEMES.length];
  root.dataset.theme = next;
  themeButton.value = after;
  themeButton.title = `Theme: ${next} (t)`;
  themeButton.setAttribute("aria-label", `Theme: ${next}. Change to ${after}`);
  document.dispatchEvent(new CustomEvent("themechange", { detail: next }));
  post(look.action, { theme: next });
}

/** While amounts are hidden, nothing shows them on hover either. */
function hideHints() {
  const on = root.hasAttribute("data-private");
  for (const amount of document.querySelectorAll(".amt")) {
    const [from, to] = on ? ["title", "data-exact"] : ["data-exact", "title"];
    if (amount.hasAttribute(from)) {
      amount.setAttribute(to, amount.getAttribute(from));
      amount.removeAttribute(from);
    }
  }
}
// What a refresh brings may have been asked for before amounts were hidden.
document.addEventListener("newtotals", hideHints);

function togglePrivacy() {
  const on = !root.hasAttribute("data-private");
  root.toggleAttribute("data-private", on);
  hideHints();
  privacyButton.value = on ? "0" : "1";
  privacyButton.setAttribute("aria-pressed", String(on));
  document.dispatchEvent(new CustomEvent("privacychange", { detail: on }));
  post(look.action, { private: on ? "1" : "0" });
}

look?.addEventListener("submit", (event) => {
  event.preventDefault();
  (event.submitter === privacyButton ? togglePrivacy : nextTheme)();
});

// On a phone the places scroll sideways: the present one should be in sight.
const place = document.querySelector(".places a[aria-current]");
if (place) place.closest("nav").scrollLeft = place.offsetLeft - 100;

// ------------------------------------------------------------------------------------------------ relative times

export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return "just now";
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  if (whole < 2 * 86400) return `${Math.floor(whole / 3600)} h ago`;
  return `${Math.floor(whole / 86400)} days ago`;
}

function tellTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = age((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tellTimes, 15000);
document.addEventListener("visibilitychange", () => document.hidden || tellTimes());

// ------------------------------------------------------------------------------------------------ keys

let waitingForPlace = 0;

document.addEventListener("keydown", (event) => {
  const { target } = event;
  const types = target.closest?.("input, textarea, select, [contenteditable]") !== null;
  if (types || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (Date.now() < waitingForPlace) {
    waitingForPlace = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) {
      event.preventDefault();
      place.click();
    }
  } else if (event.key === "g") {
    waitingForPlace = Date.now() + 1500;
  } else if (event.key === "p" && privacyButton) {
    togglePrivacy();
  } else if (event.key === "t" && themeButton) {
    nextTheme();
  } else if (event.key === "?") {
    document.getElementById("keys-help")?.showModal();
  }
});

// ------------------------------------------------------------------------------------------------ copying, asking

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source ? source.textContent.trim() : button.dataset.copy);
    toast("Copied.");
  } catch {
    if (source) getSelection().selectAllChildren(source); // no clipboard without https: what is meant is marked
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A double click is one wish. What is sent again later is meant.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (Date.now() - (sent.get(event.target) ?? 0) < 1500) event.preventDefault();
  else sent.set(event.target, Date.now());
});
