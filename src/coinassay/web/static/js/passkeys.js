// Passkeys: making one on the security page, and signing in with one.

import { post } from "./parts.js";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const problem = document.querySelector("[data-passkey-problem]");

function say(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

async function ask(path, fields) {
  const reply = await post(path, fields, { json: true });
  const document_ = await reply.json();
  if (document_.error === "confirm") {
    location.assign(`/confirm?next=${encodeURIComponent(location.pathname)}`);
    return null;
  }
  if (!reply.ok) throw new Error(document_.error_description);
  return document_;
}

async function make(name) {
  const options = await ask("/security/passkeys/options", {});
  if (!options) return;
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const each of options.excludeCredentials ?? []) each.id = bytes(each.id);
  const made = await navigator.credentials.create({ publicKey: options });
  const credential = {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    },
  };
  const done = await ask("/security/passkeys", { name, credential });
  if (done) location.assign(done.next);
}

async function use(next) {
  const options = await ask("/login/passkey/options", {});
  options.challenge = bytes(options.challenge);
  const used = await navigator.credentials.get({ publicKey: options });
  const credential = {
    id: used.id,
    rawId: text(used.rawId),
    type: used.type,
    response: {
      clientDataJSON: text(used.response.clientDataJSON),
      authenticatorData: text(used.response.authenticatorData),
      signature: text(used.response.signature),
      userHandle: used.response.userHandle ? text(used.response.userHandle) : null,
    },
  };
  const done = await ask("/login/passkey", { credential, next });
  if (done) location.assign(done.next);
}

async function attempt(control, work) {
  say("");
  control.disabled = true;
  try {
    await work();
  } catch (error) {
    // NotAllowedError: the user closed the dialog or let it time out, and knows.
    say(error.name === "NotAllowedError" ? "Nothing was done: the passkey dialog was closed." : error.message);
  }
  control.disabled = false;
}

if (window.PublicKeyCredential) {
  const form = document.querySelector("[data-add-passkey]");
  if (form) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(form.querySelector("button"), () => make(form.elements.name.value.trim()));
    });
  }
  const button = document.querySelector("[data-use-passkey]");
  if (button) {
    button.closest("[hidden]").hidden = false;
    button.addEventListener("click", () => attempt(button, () => use(button.dataset.next)));
  }
}
