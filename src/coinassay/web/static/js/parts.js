// What the modules of the pages share.

const token = () => document.querySelector('meta[name="form-token"]').content;

/** Sends `fields` as a form of this page, or anything else as JSON if `json`. Gives the response. */
export function post(path, fields = {}, { json = false } = {}) {
  return fetch(path, {
    method: "POST",
    body: json ? JSON.stringify(fields) : new URLSearchParams(fields),
    headers: {
      "X-Form-Token": token(),
      Accept: "application/json",
      ...(json ? { "Content-Type": "application/json" } : {}),
    },
    redirect: "manual",
    keepalive: true,
  });
}

/** When another session began in another tab, the forms of this page go on with its token. Resolves to false where nobody
 * is signed in any more. */
export async function renewToken() {
  const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const { content } = page.querySelector('meta[name="form-token"]');
  document.querySelector('meta[name="form-token"]').content = content;
  for (const field of document.querySelectorAll('input[name="form_token"]')) field.value = content;
  return true;
}

/** A short message at the foot of the page, which screen readers read. */
export function toast(text, seconds = 4) {
  let place = document.querySelector(".toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  const message = document.createElement("p");
  message.className = "toast";
  message.textContent = text;
  place.append(message);
  setTimeout(() => message.remove(), seconds * 1000);
}

/** The data of `<script type="application/json" id=…>`. */
export function dataOf(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
