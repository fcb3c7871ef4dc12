// The value over time, with deposits and withdrawals marked. A click on a day leads to what was held on it.

import { library } from "./library.js";
import { CONFIG, isPrivate, layout, onChange, plainText, theme } from "./theme.js";

const HIDDEN = "•••••";

/** `chart`: an element with data-library, data-url, data-range, data-locale and data-past. */
export async function drawHistory(chart) {
  let data = null;
  let plotly = null;
  const status = document.getElementById(`${chart.id}-status`);
  const locale = chart.dataset.locale || undefined;
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const dayNames = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

  function say(text) {
    if (status) status.textContent = text;
    chart.classList.toggle("is-empty", Boolean(text));
  }

  function money(text) {
    if (isPrivate()) return HIDDEN;
    // A text and no number: every digit that is shown is the server's.
    const digits = new Intl.NumberFormat(locale, { minimumFractionDigits: data.places, maximumFractionDigits: data.places });
    return `${digits.format(text)} ${data.currency}`;
  }

  function draw() {
    const colours = theme();
    const hidden = isPrivate();
    const days = data.points.map((point) => point[0]);
    const values = data.points.map((point) => point[1]);
    const flowOf = new Map(data.flows);
    // The last point is this moment; what came today is marked at today's beginning.
    const marked = data.points.filter((point) => flowOf.has(point[0]));
    const rising = (point) => !flowOf.get(point[0]).startsWith("-");
    const words = (point) => {
      const flow = flowOf.get(point[0]);
      const moved = flow ? `<br>${flow.startsWith("-") ? "Withdrawn" : "Deposited"}: ${money(flow.replace("-", ""))}` : "";
      return `${plainText(dayNames.format(new Date(point[0])))}<br>${money(point[1])}${moved}`;
    };
    const line = {
      type: "scatter",
      mode: data.points.length > 1 ? "lines" : "markers",
      x: days,
      y: values,
      line: { color: colours.line, width: 2, shape: "linear" },
      fill: "tozeroy",
      fillcolor: colours.fill,
      text: data.points.map(words),
      hovertemplate: "%{text}<extra></extra>",
    };
    const flows = {
      type: "scatter",
      mode: "markers",
      x: marked.map((point) => point[0]),
      y: marked.map((point) => point[1]),
      marker: {
        symbol: marked.map((point) => (rising(point) ? "triangle-up" : "triangle-down")),
        size: 13,
        color: marked.map((point) => (rising(point) ? colours.up : colours.down)),
        line: { color: colours.surface, width: 1.5 },
      },
      cliponaxis: false,
      hoverinfo: "skip",
    };
    const most = Math.max(...values.map(Number));
    const least = Math.min(...values.map(Number));
    const room = (most - least) * 0.08 || Math.abs(most) * 0.05 || 1;
    plotly.react(
      chart,
      [line, flows],
      {
        ...layout(colours),
        margin: { t: 8, r: 10, b: 40, l: hidden ? 8 : 48 },
        hovermode: "x unified",
        dragmode: false,
        xaxis: {
          type: "date",
          fixedrange: true,
          showgrid: false,
          linecolor: colours.grid,
          tickcolor: colours.grid,
          tickfont: { color: colours.muted, size: 12 },
          nticks: chart.clientWidth < 500 ? 4 : 8,
          hoverformat: " ",
          spikecolor: colours.muted,
          spikethickness: 1,
          spikedash: "dot",
        },
        yaxis: {
          fixedrange: true,
          range: [least >= 0 ? Math.max(0, least - room) : least - room, most + room],
          gridcolor: colours.grid,
          zerolinecolor: colours.grid,
          showticklabels: !hidden,
          tickfont: { color: colours.muted, size: 12 },
          tickformat: "~s",
          nticks: 6,
        },
      },
      CONFIG,
    );
    chart.dataset.drawn = data.range;
  }

  async function load() {
    const width = Math.max(320, Math.round(chart.clientWidth));
    const url = `${chart.dataset.url}?range=${encodeURIComponent(chart.dataset.range)}&width=${width}`;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
    } catch {
      say("The history could not be read. Reload the page to try again.");
      return;
    }
    if (!data.points.length) {
      say("There is no history yet: it begins with the first reading of an account.");
      return;
    }
    plotly = await library(chart.dataset.library);
    say("");
    draw();
  }

  const buttons = document.querySelectorAll(`[data-range-of="${chart.id}"]`);
  for (const button of buttons) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      chart.dataset.range = button.dataset.range;
      for (const each of buttons) each.setAttribute("aria-current", each === button ? "true" : "false");
      load();
    });
  }
  await load();
  if (plotly) {
    chart.on("plotly_click", (event) => {
      location.href = chart.dataset.past + event.points[0].x.slice(0, 10);
    });
  }
  onChange(() => data?.points.length && plotly && draw());
  return { renew: load };
}
