// What charts take from the style sheet, and when it changes.

export const COLOURS = 16;

// light-dark() is resolved where a colour is used, so an element of ours uses each of them once.
const probe = document.createElement("span");
probe.hidden = true;

function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

export function theme() {
  document.body.append(probe);
  const names = ["text", "muted", "line", "grid", "fill", "surface", "rest", "up", "down"];
  const colours = Object.fromEntries(names.map((name) => [name, colour(`--chart-${name}`)]));
  colours.palette = Array.from({ length: COLOURS }, (_, n) => colour(`--c${n}`));
  colours.font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return colours;
}

export function isPrivate() {
  return document.documentElement.hasAttribute("data-private");
}

/** Black or white, whichever is easier to read on `colour` (rgb(…)), by the formula of WCAG 2. */
export function onTopOf(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map((part) => {
    const c = Number(part) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#111111" : "#ffffff";
}

/** Calls `redraw` whenever colours or privacy change. */
export function onChange(redraw) {
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", redraw);
  }
  new MutationObserver(redraw).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "data-private"],
  });
}

export const CONFIG = { displayModeBar: false, responsive: true, showTips: false, doubleClick: false };

export function layout(colours) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: colours.font, color: colours.text, size: 13 },
    hoverlabel: {
      bgcolor: colours.surface,
      bordercolor: colours.grid,
      font: { family: colours.font, color: colours.text, size: 13 },
      align: "left",
    },
    showlegend: false,
  };
}

/** Text for plotly's templates, which take some HTML. Of that only <br> is used: the others become style attributes, which
 * the policy refuses. */
export function plainText(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
