// The pie of everything, or the same as a treemap. Small slices gather in "Other", which can be opened.

import { library } from "./library.js";
import { CONFIG, isPrivate, layout, onChange, onTopOf, plainText, theme } from "./theme.js";

const OTHER = "Other";

function traces(kind, rows, colours) {
  const hidden = isPrivate();
  const fills = rows.map((row) => (row.colour < 0 ? colours.rest : colours.palette[row.colour]));
  const common = {
    labels: rows.map((row) => row.key),
    text: rows.map((row) => plainText(row.label)),
    values: rows.map((row) => row.share),
    customdata: rows.map((row) => [
      plainText(row.label),
      row.detail ? ` ${plainText(row.detail)}` : "",
      row.percent,
      hidden || !row.value ? "" : `<br>${row.value}`,
      hidden || !row.amount ? "" : `<br>${row.amount}`,
    ]),
    hovertemplate: "%{customdata[0]}%{customdata[1]}<br>%{customdata[2]}%{customdata[3]}%{customdata[4]}<extra></extra>",
    sort: false,
  };
  if (kind === "treemap") {
    return [
      {
        ...common,
        type: "treemap",
        parents: rows.map(() => ""),
        texttemplate: "%{text}<br>%{customdata[2]}",
        tiling: { pad: 2, packing: "squarify" },
        pathbar: { visible: false },
        marker: { colors: fills, line: { width: 0 } },
        textfont: { color: fills.map(onTopOf), size: 13 },
      },
    ];
  }
  return [
    {
      ...common,
      type: "pie",
      hole: 0.6,
      direction: "clockwise",
      rotation: 0,
      textposition: "inside",
      insidetextorientation: "horizontal",
      texttemplate: rows.map((row) => (row.share >= 6 ? "%{text}" : "")),
      textfont: { color: fills.map(onTopOf), size: 12 },
      marker: { colors: fills, line: { color: colours.surface, width: 2 } },
    },
  ];
}

/** `chart`: an element with data-library, data-source (the id of its JSON) and a data-kind that may change. */
export async function drawShares(chart) {
  const source = document.getElementById(chart.dataset.source);
  let data = JSON.parse(source.textContent);
  const back = document.getElementById(`${chart.id}-back`);
  let opened = false;
  const plotly = await library(chart.dataset.library);

  function visible() {
    const rest = data.rows.slice(data.shown);
    if (opened) return rest;
    const rows = data.rows.slice(0, data.shown);
    if (rest.length) rows.push({ ...data.other, key: OTHER, label: OTHER, colour: -1 });
    return rows;
  }

  function draw() {
    const colours = theme();
    const rows = visible();
    const margin = chart.dataset.kind === "treemap" ? { t: 2, b: 2, l: 2, r: 2 } : { t: 8, b: 8, l: 8, r: 8 };
    plotly.react(chart, traces(chart.dataset.kind, rows, colours), { ...layout(colours), margin }, CONFIG);
    chart.dataset.drawn = chart.dataset.kind;
    if (back) back.hidden = !opened;
  }

  function open(state) {
    opened = state;
    draw();
  }

  draw();
  chart.on("plotly_click", (event) => {
    const key = event.points[0].label;
    if (key === OTHER && !opened) open(true);
    else document.getElementById(`row-${key}`)?.scrollIntoView({ block: "nearest" });
    return false;
  });
  chart.on("plotly_treemapclick", (event) => {
    if (event.points[0].label === OTHER && !opened) open(true);
    return false; // no zooming into a tree of one level
  });
  back?.addEventListener("click", () => open(false));
  onChange(draw);
  new MutationObserver(draw).observe(chart, { attributes: true, attributeFilter: ["data-kind"] });
  return {
    /** After a refresh the page's data are new. */
    renew() {
      data = JSON.parse(source.textContent);
      opened = opened && data.rows.length > data.shown;
      draw();
    },
  };
}
