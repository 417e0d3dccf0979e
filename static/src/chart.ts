// Draws a series of /api/v1/series with uPlot. Loaded only where there is a chart.
import uPlot from "uplot";

interface Answer {
  to: string;
  series: { metric: string; time: number[]; mean: (number | null)[] }[];
}

const REFRESH = 10_000;
const REFRESH_YOUNG = 2_500; // while there is next to nothing to see
const LEAST_SPAN = 600; // seconds a chart shows at least, so that a young one grows from the right
const GAP = 20; // seconds without data at the end that are marked
const names: Record<string, string> = { "net.rx": "in", "net.tx": "out" };

export function mount(el: HTMLElement): void {
  new Chart(el);
}

class Chart {
  private plot: uPlot | null = null;
  private data: uPlot.AlignedData = [[]];
  private metrics: string[] = [];
  private zoomed = false;
  private readonly unit: string;
  private readonly out: Element | null;

  constructor(private readonly el: HTMLElement) {
    this.unit = el.dataset.unit ?? "";
    this.out = el.closest("figure")?.querySelector("output") ?? null;
    new ResizeObserver(() => this.fit()).observe(el);
    document.addEventListener("prefs", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    void this.turn();
  }

  private async turn(): Promise<void> {
    if (document.visibilityState === "visible") await this.load();
    setTimeout(() => void this.turn(), this.young ? REFRESH_YOUNG : REFRESH);
  }

  private get young(): boolean {
    return this.data[0].length < 12;
  }

  private async load(): Promise<void> {
    try {
      const answer = await fetch(this.el.dataset.seriesUrl ?? "", { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.take((await answer.json()) as Answer);
    } catch {
      if (!this.plot) this.say("no history could be read");
    }
  }

  private take(answer: Answer): void {
    const tables = answer.series.map((s) => [s.time, s.mean] as uPlot.AlignedData);
    const metrics = answer.series.map((s) => s.metric);
    if (tables.every((t) => t[0].length === 0)) {
      if (!this.plot) this.say("no history yet");
      return;
    }
    this.data = framed(uPlot.join(tables), Date.parse(answer.to) / 1000);
    if (this.plot && metrics.join() === this.metrics.join()) {
      this.plot.setData(this.data, !this.zoomed);
      if (this.zoomed) this.plot.redraw();
      return;
    }
    this.metrics = metrics;
    this.draw();
  }

  private say(text: string): void {
    this.el.textContent = text;
    this.el.classList.add("none");
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.el.clientWidth, 120), height: Math.max(this.el.clientHeight, 100) };
  }

  private fit(): void {
    this.plot?.setSize(this.size());
  }

  private draw(): void {
    if (this.metrics.length === 0) return;
    this.plot?.destroy();
    this.el.replaceChildren();
    this.el.classList.remove("none");
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue("--" + name).trim();
    const font = `11px ${css.getPropertyValue("--font")}`;
    const axis = { stroke: color("chart-axis"), font, ticks: { show: false }, grid: { stroke: color("chart-grid"), width: 1 } };
    const lines = ["chart-1", "chart-2", "chart-3", "chart-4"];
    this.plot = new uPlot(
      {
        ...this.size(),
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { y: false, sync: { key: "page" }, drag: { x: true, y: false, setScale: true } },
        scales: { y: { range: (_u, _min, max) => [0, this.unit === "percent" ? 100 : max > 0 ? max * 1.1 : 1] } },
        axes: [
          { ...axis, size: 26, space: 70, values: (_u, at, _axis, _space, step) => at.map((t) => hours(t, step < 60)) },
          {
            ...axis,
            size: 62,
            space: 32,
            // Steps of binary units must be binary, or the labels are crooked.
            ...(this.unit === "bytes" ? { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) } : {}),
            values: (_u: uPlot, at: number[]) => at.map((v) => format(v, this.unit)),
          },
        ],
        series: [
          {},
          ...this.metrics.map((m, i) => ({
            label: names[m] ?? m,
            stroke: color(lines[i] ?? "chart-4"),
            width: 1.5,
            fill: this.metrics.length === 1 ? color("chart-band") : undefined,
            points: { show: (u: uPlot, n: number) => known(u.data[n]) < 3, size: 5, fill: color(lines[i] ?? "chart-4") },
          })),
        ],
        hooks: {
          drawAxes: [(u) => this.markEnd(u, color("stale-tint"), color("stale-text"), font)],
          setCursor: [(u) => this.tell(u)],
          setScale: [
            (u, key) => {
              if (key !== "x") return;
              const x = u.data[0];
              this.zoomed = u.scales.x?.min !== x[0] || u.scales.x?.max !== x[x.length - 1];
            },
          ],
        },
      },
      this.data,
      this.el,
    );
  }

  /** Marks the time since the last value: nothing is known of it. */
  private markEnd(u: uPlot, fill: string, text: string, font: string): void {
    const x = u.data[0];
    let last = x.length - 1;
    while (last > 0 && u.data.slice(1).every((v) => v?.[last] === null || v?.[last] === undefined)) last--;
    const end = x[x.length - 1] ?? 0;
    if (end - (x[last] ?? end) < GAP) return;
    const { left, top, width, height } = u.bbox;
    const from = Math.max(u.valToPos(x[last] ?? end, "x", true), left);
    const to = Math.min(u.valToPos(end, "x", true), left + width);
    if (to <= from) return;
    u.ctx.save();
    u.ctx.fillStyle = fill;
    u.ctx.fillRect(from, top, to - from, height);
    u.ctx.font = font.replace("11px", `${11 * devicePixelRatio}px`);
    if (to - from > u.ctx.measureText("no data").width + 12 * devicePixelRatio) {
      u.ctx.fillStyle = text;
      u.ctx.textAlign = "center";
      u.ctx.textBaseline = "middle";
      u.ctx.fillText("no data", (from + to) / 2, top + height / 2);
    }
    u.ctx.restore();
  }

  /** Writes the values under the cursor into the caption. */
  private tell(u: uPlot): void {
    const i = u.cursor.idx;
    if (!this.out) return;
    if (i === null || i === undefined) {
      this.out.textContent = "";
      return;
    }
    const values = this.metrics.map((m, n) => {
      const v = u.data[n + 1]?.[i];
      const text = v === null || v === undefined ? "no data" : format(v, this.unit);
      return names[m] ? `${text} ${names[m]}` : text;
    });
    this.out.textContent = `${values.join(", ")} at ${hours(u.data[0][i] ?? 0, true)}`;
  }
}

/** The data up to now, and over the least span: empty where nothing is known. */
function framed(data: uPlot.AlignedData, now: number): uPlot.AlignedData {
  const [x, ...rest] = data as [number[], ...(number | null)[][]];
  const before = (x[0] ?? now) > now - LEAST_SPAN;
  const after = (x[x.length - 1] ?? 0) < now;
  const frame = <T>(list: T[], first: T, end: T): T[] => [...(before ? [first] : []), ...list, ...(after ? [end] : [])];
  return [frame(x, now - LEAST_SPAN, now), ...rest.map((v) => frame(v, null, null))] as uPlot.AlignedData;
}

function known(values: ArrayLike<number | null | undefined> | undefined): number {
  let n = 0;
  for (let i = 0; i < (values?.length ?? 0); i++) if (values?.[i] !== null && values?.[i] !== undefined) n++;
  return n;
}

function hours(seconds: number, exact = false): string {
  const text = new Date(seconds * 1000).toLocaleTimeString("en-GB");
  return exact ? text : text.slice(0, 5);
}

function scaled(v: number, base: number, units: string[]): string {
  let i = 0;
  while (v >= base && i < units.length - 1) {
    v /= base;
    i++;
  }
  return `${v >= 100 ? Math.round(v) : Number(v.toPrecision(3))} ${units[i]}`;
}

/** The same rules as views/format.go. */
function format(v: number, unit: string): string {
  switch (unit) {
    case "percent":
      return `${Math.round(v)}%`;
    case "bytes":
      return scaled(v, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
    case "bits":
      return scaled(v, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
    case "seconds":
      return v < 0.001 ? `${Math.round(v * 1e6)} µs` : v < 1 ? `${Number((v * 1000).toPrecision(3))} ms` : `${Number(v.toPrecision(3))} s`;
    default:
      return String(Number(v.toPrecision(3)));
  }
}
