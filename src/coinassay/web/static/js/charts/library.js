// plotly.js is a hundred times as long as everything else on a page: it is asked for when the content has been painted.

// It brings a style sheet for maps, which this server's policy refuses. It is not added where its id is taken.
const MAPS_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

let loading;

function afterContent() {
  return new Promise((resolve) => {
    const idle = () => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 1000 }) : setTimeout(resolve, 50));
    // Two frames: the first one is about to paint, the second one has painted.
    const painted = () => requestAnimationFrame(() => requestAnimationFrame(idle));
    if (document.readyState === "complete") painted();
    else addEventListener("load", painted, { once: true });
  });
}

/** Resolves to Plotly. `url` is where its script is. */
export function library(url) {
  loading ??= afterContent().then(
    () =>
      new Promise((resolve, reject) => {
        const taken = document.createElement("meta");
        taken.id = MAPS_STYLE;
        const script = document.createElement("script");
        script.src = url;
        script.onload = () => resolve(window.Plotly);
        script.onerror = () => reject(new Error("The chart library could not be loaded."));
        document.head.append(taken, script);
      }),
  );
  return loading;
}
