// Loads the chart library on pages that have charts, and only there.

interface ChartModule {
  mount(el: HTMLElement): void;
}

let loading: Promise<ChartModule> | undefined;

export function setUpCharts(): void {
  const mountAll = (): void => {
    const places = [...document.querySelectorAll<HTMLElement>(".chart[data-series-url]:not([data-mounted])")];
    const url = document.documentElement.dataset.chart;
    if (places.length === 0 || !url) return;
    for (const el of places) el.dataset.mounted = "";
    loading ??= import(url) as Promise<ChartModule>;
    loading.then((m) => places.forEach((el) => m.mount(el))).catch(() => places.forEach((el) => (el.textContent = "The chart could not be loaded")));
  };
  mountAll();
  document.addEventListener("morphed", mountAll);
}
