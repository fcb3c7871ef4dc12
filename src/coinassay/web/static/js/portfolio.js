// The pages about accounts: charts after the content, copying with all digits, tables, refreshing.

import { drawHistory } from "./charts/history.js";
import { drawShares } from "./charts/shares.js";
import { startRefreshing } from "./refresh.js";
import { enhanceTables } from "./tables.js";

async function drawn(chart, draw) {
  try {
    return await draw(chart);
  } catch (error) {
    chart.dataset.drawn = "failed";
    console.error(error);
    return null;
  }
}

const charts = [
  ...[...document.querySelectorAll(".chart.shares")].map((chart) => drawn(chart, drawShares)),
  ...[...document.querySelectorAll(".chart.history")].map((chart) => drawn(chart, drawHistory)),
];
document.addEventListener("newtotals", async () => {
  for (const chart of await Promise.all(charts)) chart?.renew();
});

startRefreshing();
enhanceTables();

// ------------------------------------------------------------------------------------------------ pie or treemap

for (const group of document.querySelectorAll("[data-kinds]")) {
  const chart = document.getElementById(group.dataset.kinds);
  const choose = (kind) => {
    chart.dataset.kind = kind;
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  };
  group.hidden = false;
  choose(localStorage.getItem("chart-kind") === "treemap" ? "treemap" : "pie");
  group.addEventListener("click", (event) => {
    const { kind } = event.target.closest("button")?.dataset ?? {};
    if (!kind) return;
    localStorage.setItem("chart-kind", kind);
    choose(kind);
  });
}

// ------------------------------------------------------------------------------------------------ copying

/** What is copied of an amount is all of its digits, as a program reads them. */
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !event.clipboardData) return;
  const range = selection.getRangeAt(0);
  const around = range.commonAncestorContainer;
  const inside = (around.nodeType === Node.ELEMENT_NODE ? around : around.parentElement)?.closest(".amt");
  if (!inside || document.documentElement.hasAttribute("data-private")) return;
  event.clipboardData.setData("text/plain", inside.title.split(" ")[0]);
  event.preventDefault();
});

// On a phone the tabs scroll sideways: the present one should be in sight.
const tab = document.querySelector(".tabs a[aria-current]");
if (tab) tab.closest("ul").scrollLeft = tab.offsetLeft - 100;
