// A pane shows what one target wrote, or all of them together.
import { MOST, type Group, type Line, type Row, type Stream } from "./console_stream";
import { plain, show } from "./console_text";

export const icon = (name: string, cls = ""): SVGSVGElement => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", ("i " + cls).trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", document.documentElement.dataset.icons + "#" + name);
  svg.append(use);
  return svg;
};

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, cls = "", text = ""): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text) e.textContent = text;
  return e;
}

/** Icon and word of the lines that are not plain output. */
const dressed: Record<string, [string, string]> = {
  error: ["error-circle-16-filled", "Error"],
  warning: ["warning-16-filled", "Warning"],
  verbose: ["chat-16-regular", "Verbose"],
  debug: ["bug-16-regular", "Debug"],
  information: ["info-16-regular", "Information"],
  note: ["info-16-regular", "LooksAlive"],
};

export interface Download {
  href: string;
}

export class Body {
  readonly element = el("div", "out");
  private scroller = el("div", "outlines");
  private tables = el("div", "outtables");
  private older = el("p", "older");
  private newer = el("button", "btn sm newer");
  private bar = el("div", "progressline");
  private shown = 0; // number of the newest line that is drawn
  private first = 0; // number of the oldest
  private stuck = true; // to the end
  private mode: "text" | "table" = "text";
  private drawn = -1; // rows ever, when the tables were drawn
  private sorts = new Map<string, { column: number; down: boolean }>();
  private drawTimer = 0;

  constructor(
    private stream: Stream,
    label: string,
    download: string | null,
    private names: string[] | null, // of the targets, when the pane has several
  ) {
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "group");
    this.scroller.setAttribute("aria-label", "Output of " + label);
    this.tables.hidden = true;
    this.tables.tabIndex = 0;
    this.tables.setAttribute("role", "group");
    this.tables.setAttribute("aria-label", "Objects of " + label);
    this.bar.hidden = true;
    this.older.hidden = true;
    this.older.append("Older lines are not shown. ");
    if (download) {
      const a = el("a", "link", "Download the whole output");
      a.href = download;
      a.download = "";
      this.older.append(a);
    } else this.older.append("Download the whole output of a node.");
    this.newer.type = "button";
    this.newer.hidden = true;
    this.newer.addEventListener("click", () => {
      this.stuck = true;
      this.draw();
    });
    this.scroller.addEventListener(
      "scroll",
      () => {
        const s = this.scroller;
        this.stuck = s.scrollHeight - s.scrollTop - s.clientHeight < 32;
        if (this.stuck && this.shown < this.stream.total) this.draw();
      },
      { passive: true },
    );
    this.element.append(this.bar, this.older, this.scroller, this.tables, this.newer);
  }

  as(mode: "text" | "table"): void {
    this.mode = mode;
    this.scroller.hidden = mode === "table";
    this.tables.hidden = mode === "text";
    if (mode === "text") {
      this.stuck = true;
      this.shown = this.first = 0;
      this.scroller.replaceChildren();
    } else this.drawn = -1;
    this.draw();
  }

  draw(): void {
    this.drawProgress();
    if (this.mode === "table") {
      this.newer.hidden = this.older.hidden = true;
      if (this.drawn === this.stream.objects || this.drawTimer) return;
      // Tables are drawn whole, so not with every frame.
      this.drawTables();
      this.drawTimer = window.setTimeout(() => {
        this.drawTimer = 0;
        if (this.mode === "table" && this.drawn !== this.stream.objects) this.draw();
      }, 500);
      return;
    }
    const missing = this.stream.total - this.shown;
    if (!this.stuck && this.shown > 0) {
      // Who reads is left alone.
      this.newer.hidden = missing === 0;
      this.newer.textContent = missing > 0 ? `${missing.toLocaleString("en")} newer lines` : "";
      return;
    }
    this.newer.hidden = true;
    if (missing === 0) return;
    let lines: Line[] = this.stream.newest();
    if (missing >= lines.length) this.scroller.replaceChildren();
    else lines = lines.slice(-missing);
    const fragment = document.createDocumentFragment();
    for (const line of lines) fragment.append(this.line(line));
    this.scroller.append(fragment);
    for (let n = this.scroller.childElementCount - MOST; n > 0; n--) this.scroller.firstElementChild?.remove();
    this.shown = this.stream.total;
    this.first = this.shown - this.scroller.childElementCount;
    this.older.hidden = this.first === 0;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private line(line: Line): HTMLElement {
    const d = el("div", "ln");
    if (this.names) d.append(el("span", "lnwho", this.names[line.from] ?? ""));
    const dress = dressed[line.kind];
    if (dress) {
      d.classList.add(line.kind);
      const mark = el("span", "lnmark");
      if (line.more) mark.classList.add("more");
      mark.append(icon(dress[0]), el("b", "", dress[1]));
      d.append(mark);
      if (line.id) d.title = plain(line.id);
    }
    const text = el("span", "lntext");
    show(text, line.text, line.dress);
    d.append(text);
    return d;
  }

  private drawProgress(): void {
    const p = this.stream.progress;
    this.bar.hidden = !p;
    if (!p) return;
    const words = el("span", "", plain([p.activity, p.status].filter(Boolean).join(": ")));
    const meter = el("progress");
    meter.max = 100;
    meter.setAttribute("aria-label", "Progress");
    if (p.percent >= 0) meter.value = Math.min(100, p.percent);
    this.bar.replaceChildren(icon("arrow-sync-16-regular"), words, meter);
  }

  private drawTables(): void {
    this.drawn = this.stream.objects;
    const parts: HTMLElement[] = [];
    for (const [key, g] of this.stream.groups) parts.push(this.table(key, g));
    if (parts.length === 0) parts.push(el("p", "muted pad", "No objects. What was written is in the text."));
    const top = this.tables.scrollTop;
    this.tables.replaceChildren(...parts);
    this.tables.scrollTop = top;
  }

  private table(key: string, g: Group): HTMLElement {
    const box = el("div", "objects");
    const caption = el("p", "otype");
    caption.append(el("code", "", plain(g.type)), ` ${g.total.toLocaleString("en")}`);
    if (g.total > MOST) caption.append(`, the newest ${MOST.toLocaleString("en")} are shown`);
    const scroll = el("div", "scroll");
    const table = el("table", "tbl obj");
    const head = el("tr");
    const names = this.names ? ["Node", ...g.names] : g.names;
    const sort = this.sorts.get(key);
    const cell = (r: Row, i: number): unknown => (this.names ? (i === 0 ? this.names[r.from] : r.values[i - 1]) : r.values[i]);
    names.forEach((name, i) => {
      const th = el("th", g.rows.some((r) => typeof cell(r, i) === "number") ? "r" : "");
      th.scope = "col";
      const b = el("button", "sort", plain(name));
      b.type = "button";
      if (sort?.column === i) {
        th.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
        b.append(icon(sort.down ? "arrow-down-12-regular" : "arrow-up-12-regular"));
      }
      b.addEventListener("click", () => {
        if (sort?.column === i && sort.down) this.sorts.delete(key);
        else this.sorts.set(key, { column: i, down: sort?.column === i });
        this.drawTables();
        this.tables.querySelectorAll<HTMLElement>(".objects")[[...this.stream.groups.keys()].indexOf(key)]?.querySelectorAll<HTMLElement>("button.sort")[i]?.focus();
      });
      th.append(b);
      head.append(th);
    });
    const body = el("tbody");
    let rows = g.rows.slice(-MOST);
    if (sort) {
      rows = [...rows].sort((a, b) => compare(cell(a, sort.column), cell(b, sort.column)));
      if (sort.down) rows.reverse();
    }
    for (const r of rows) {
      const tr = el("tr");
      names.forEach((_, i) => {
        const v = cell(r, i);
        const td = el("td");
        if (typeof v === "number") td.className = "r num";
        if (v === null || v === undefined || v === "") td.append(el("span", "none", v === "" ? "" : "null"));
        else show(td, typeof v === "string" ? v : String(v));
        tr.append(td);
      });
      body.append(tr);
    }
    const thead = el("thead");
    thead.append(head);
    table.append(thead, body);
    scroll.append(table);
    box.append(caption, scroll);
    return box;
  }
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const none = (v: unknown): boolean => v === null || v === undefined;
  if (none(a) || none(b)) return none(a) ? (none(b) ? 0 : 1) : -1;
  return String(a).localeCompare(String(b), "en", { numeric: true, sensitivity: "base" });
}
