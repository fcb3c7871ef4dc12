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
