// Tables that sort and filter in place. Without this file the same links and forms ask the server.

function compare(a, b) {
  const x = Number(a);
  const y = Number(b);
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { sensitivity: "base" }) : x - y;
}

function sort(table, header, column) {
  const body = table.tBodies[0];
  const texts = ["coin", "wallet"].includes(header.querySelector("[data-sort]").dataset.sort);
  const now = header.getAttribute("aria-sort");
  const falling = now ? now === "ascending" : !texts;
  const value = (row) => {
    const cell = row.cells[column];
    return cell.dataset.v ?? cell.querySelector("span:not(.swatch)")?.textContent.trim() ?? "";
  };
  const rows = [...body.rows].filter((row) => row.cells.length > column);
  const known = rows.filter((row) => value(row) !== "");
  known.sort((a, b) => compare(value(a), value(b)) * (falling ? -1 : 1));
  // What there is nothing to sort by comes last, whichever way.
  body.append(...known, ...rows.filter((row) => value(row) === ""));
  for (const each of table.tHead.rows[0].cells) {
    each.removeAttribute("aria-sort");
    each.querySelector("[aria-hidden]")?.remove();
  }
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const arrow = document.createElement("span");
  arrow.setAttribute("aria-hidden", "true");
  arrow.textContent = falling ? " ↓" : " ↑";
  header.querySelector("[data-sort]").append(arrow);
}

export function enhanceTables() {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    table.tHead.addEventListener("click", (event) => {
      const header = event.target.closest("th");
      if (!event.target.closest("[data-sort]") || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      sort(table, header, [...header.parentElement.cells].indexOf(header));
    });
  }
  for (const form of document.querySelectorAll("[data-holdings] form.filters")) {
    const table = form.closest("[data-holdings]").querySelector("table");
    const words = form.elements.q;
    words.addEventListener("input", () => {
      const wanted = words.value.trim().toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !(row.dataset.words ?? "").includes(wanted);
    });
    // Wallets and dust change which rows there are: the server knows.
    form.addEventListener("change", (event) => event.target !== words && form.requestSubmit());
  }
}
