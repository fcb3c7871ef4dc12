// plotly.js is a hundred times as long as everything else on a page: it is asked for when the content has been painted.

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
        const script = document.createElement("script");
        script.src = url;
        script.onload = () => resolve(window.Plotly);
        script.onerror = () => reject(new Error("The chart library could not be loaded."));
        document.head.append(script);
      }),
  );
  return loading;
}
