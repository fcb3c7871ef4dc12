// Reading accounts anew without leaving the page: progress wallet by wallet, and the new totals where the old ones were.

import { post, renewToken, toast } from "./parts.js";

const panel = document.getElementById("progress");
const names = new Map();
const rows = new Map();
const waiting = new Set();
let source = null;
let updating = null;

// ------------------------------------------------------------------------------------------------ the page's regions

/** Puts the regions of the page as the server shows it now in the place of those that are shown. */
async function update() {
  const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of document.querySelectorAll("[data-live], .cards > [data-account]")) {
    const same = region.dataset.live ? `[data-live="${region.dataset.live}"]` : `.cards > [data-account="${region.dataset.account}"]`;
    const fresh = next.querySelector(same);
    if (fresh && fresh.innerHTML !== region.innerHTML) replace(region, fresh);
  }
  for (const data of document.querySelectorAll('script[type="application/json"]')) {
    const fresh = next.getElementById(data.id);
    if (fresh && fresh.textContent !== data.textContent) {
      data.textContent = fresh.textContent;
      document.dispatchEvent(new CustomEvent("newdata", { detail: data.id }));
    }
  }
  document.dispatchEvent(new CustomEvent("newtotals"));
}

function replace(region, fresh) {
  const open = [...region.querySelectorAll("details[open]")].map((each) => [...region.querySelectorAll("details")].indexOf(each));
  const focused = region.contains(document.activeElement) ? document.activeElement.getAttribute("data-refresh") : null;
  region.className = fresh.className;
  region.replaceChildren(...fresh.childNodes);
  const details = region.querySelectorAll("details");
  for (const n of open) if (details[n]) details[n].open = true;
  if (focused) region.querySelector(`[data-refresh="${CSS.escape(focused)}"]`)?.focus();
  markBusy();
}

function updateSoon() {
  clearTimeout(updating);
  updating = setTimeout(update, 250);
}

// ------------------------------------------------------------------------------------------------ progress

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function row(id) {
  if (!panel || rows.has(id)) return rows.get(id);
  const made = element("section", "reading-account");
  made.append(element("h3", "", names.get(id) ?? "Account"), element("p", "reading-state", "Waiting"), element("ul", "reading-wallets"));
  panel.append(made);
  rows.set(id, made);
  return made;
}

function say(id, text, state) {
  const made = row(id);
  if (!made) return;
  made.querySelector(".reading-state").textContent = text;
  made.dataset.state = state;
}

function tellWallet(id, wallet) {
  const list = row(id)?.querySelector(".reading-wallets");
  if (!list) return;
  let item = [...list.children].find((each) => each.dataset.wallet === wallet.wallet);
  if (!item) {
    item = element("li");
    item.dataset.wallet = wallet.wallet;
    list.append(item);
  }
  const good = wallet.state === "ok";
  item.className = good ? "is-good" : "is-bad";
  item.replaceChildren(element("strong", "", wallet.wallet), document.createTextNode(good ? " read" : " not read"));
  if (!good) {
    item.append(element("span", "said", wallet.reason ? ` ${wallet.reason}` : ""));
    item.append(element("span", "todo", wallet.advice ? ` ${wallet.advice}` : ""));
  }
}

function markBusy() {
  const all = waiting.size > 0;
  for (const button of document.querySelectorAll("[data-refresh]")) {
    const busy = button.dataset.refresh === "all" ? all : waiting.has(Number(button.dataset.refresh));
    button.toggleAttribute("data-busy", busy);
    button.setAttribute("aria-disabled", String(busy));
  }
}

function done(id) {
  waiting.delete(id);
  markBusy();
  if (!waiting.size && panel) panel.querySelector(".reading-close").hidden = false;
}

function begin(accounts) {
  if (panel) {
    rows.clear();
    const close = element("button", "button small reading-close", "Close");
    close.type = "button";
    close.hidden = true;
    close.addEventListener("click", () => (panel.hidden = true));
    panel.replaceChildren(close);
    panel.hidden = false;
  }
  for (const each of accounts) {
    names.set(each.id, each.name);
    waiting.add(each.id);
    row(each.id);
  }
  markBusy();
}

// ------------------------------------------------------------------------------------------------ events

const handlers = {
  load_started: ({ account_id: id }) => waiting.has(id) && say(id, "Reading…", "busy"),
  wallet_done: (said) => waiting.has(said.account_id) && tellWallet(said.account_id, said),
  load_finished: (said) => {
    if (waiting.has(said.account_id)) {
      for (const wallet of said.wallets) tellWallet(said.account_id, wallet);
      const failed = said.wallets.filter((wallet) => wallet.state !== "ok").map((wallet) => wallet.wallet);
      if (failed.length) say(said.account_id, `Read, but for ${failed.join(", ")}: the last good balances stay.`, "partial");
      else say(said.account_id, "Complete", "complete");
      done(said.account_id);
    }
    updateSoon();
  },
  load_failed: (said) => {
    if (waiting.has(said.account_id)) {
      say(said.account_id, `Not read. ${said.reason ?? ""} ${said.advice ?? ""}`.trim(), "failed");
      done(said.account_id);
    }
    updateSoon();
  },
  missed: updateSoon,
};

/** Resolves when events are being heard: whatever is asked for after that is told. */
function listen() {
  if (source && source.readyState !== EventSource.CLOSED) return source.opened;
  source = new EventSource("/events");
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  source.opened = new Promise((resolve) => source.addEventListener("open", resolve, { once: true }));
  return source.opened;
}

// A browser allows few connections to one server: a page that nobody looks at gives its own back.
function listenWhileSeen() {
  if (document.hidden && !waiting.size) {
    source?.close();
  } else if (!document.hidden) {
    const was = source;
    listen();
    if (was && was !== source) updateSoon();
  }
}

export function startRefreshing() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-refresh]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-busy")) return;
    await Promise.race([listen(), new Promise((resolve) => setTimeout(resolve, 2000))]);
    const which = button.dataset.refresh;
    const path = which === "all" ? "/refresh" : `/accounts/${which}/refresh`;
    let answer = await post(path);
    if (answer.status === 403 && (await renewToken())) answer = await post(path);
    if (answer.status === 401 || answer.status === 403) {
      location.reload(); // to the page for signing in, and from there back here
      return;
    }
    if (answer.status === 404) {
      toast("This account is no longer here.");
      return;
    }
    if (!answer.ok) {
      toast("That did not work. Reload the page and try again.");
      return;
    }
    begin((await answer.json()).accounts);
  });
  document.addEventListener("visibilitychange", listenWhileSeen);
  addEventListener("pagehide", () => source?.close());
  // After the content and what belongs to it.
  if (document.readyState === "complete") listenWhileSeen();
  else addEventListener("load", listenWhileSeen, { once: true });
}
