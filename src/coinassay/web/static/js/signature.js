// The signature explainer: makes the HMAC of the string that is shown. The secret stays in this page: its field has no
// name, so no form sends it, and nothing is stored.

const form = document.querySelector("[data-signature]");

async function hmac(secret, text) {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const made = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(made, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function show() {
  const signed = document.querySelector("[data-signed]");
  const output = form.querySelector("output");
  const secret = form.querySelector("[data-secret]").value;
  if (!signed || !secret) {
    output.textContent = "";
    return;
  }
  // A secure context is https or this machine itself; browsers offer no cryptography elsewhere.
  output.textContent = window.isSecureContext
    ? await hmac(secret, signed.textContent)
    : "Open this page over https, or on the machine itself, to make a signature in the browser.";
}

if (form) {
  form.hidden = false;
  form.querySelector("[data-secret]").addEventListener("input", show);
}
