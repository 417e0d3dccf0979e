// A run as it goes on: one socket, a pane for each target or one for all. The
// server sends the next part when we have taken in the last: a tab that is not looked
// at takes in nothing, and what it misses stays on the server.
import { Body, el, icon } from "./console_pane";
import { Stream } from "./console_stream";

interface Target {
  cluster: string;
  node: string;
}

interface Event {
  i: number;
  k: string;
  x?: string;
  id?: string;
  o?: { t?: string; n?: string[]; v: unknown[] };
  p?: { activity: string; status?: string; percent: number };
  b?: number;
}

interface Status {
  i: number;
  s: string;
  d?: string;
  e?: number;
  t: number;
  b: number;
  n: number;
}

interface Message {
  next: number;
  missed?: boolean;
  over?: boolean;
  events: Event[];
  status?: Status[];
}

/** Class, icon and word of a state. */
const states: Record<string, [string, string, string]> = {
  waiting: ["paused", "clock-16-regular", "Waiting"],
  running: ["busy", "arrow-sync-16-regular", "Running"],
  done: ["ok", "checkmark-circle-16-filled", "Done"],
  failed: ["crit", "error-circle-16-filled", "Failed"],
  cancelled: ["paused", "prohibited-16-filled", "Cancelled"],
  "timed out": ["warn", "clock-16-regular", "Timed out"],
  interrupted: ["warn", "warning-16-filled", "Interrupted"],
};

interface Part {
  status: Status;
  at: number; // when the status came
  stream: Stream;
  body: Body;
  chip: HTMLElement;
  facts: HTMLElement;
  detail: HTMLElement;
  shape: { type: string; names: string[] };
}

type Layout = "side" | "merged";
type Mode = "text" | "table";

export class RunView {
  private parts: Part[] = [];
  private merged = new Stream();
  private mergedBody: Body;
  private queue: Message[] = [];
  private frame = 0;
  private later = 0;
  private drawnAt = 0;
  private seq = 0;
  private over = false;
  private ended = false; // another run is shown
  private socket: WebSocket | null = null;
  private tries = 0;
  private cancel: HTMLButtonElement;
  private panes = el("div", "panes");
  private all = el("section", "card pane merged");
  private state = el("span", "chip");
  private notice = el("p", "notice warn");
  private clock: number;

  constructor(
    section: HTMLElement,
    private id: string,
    targets: Target[],
  ) {
    section.hidden = false;
    section.setAttribute("aria-label", "Run");
    const several = targets.length > 1;
    const clusters = new Set(targets.map((t) => t.cluster));
    const name = (t: Target): string => (clusters.size > 1 ? `${t.node} (${t.cluster})` : t.node);

    const head = el("div", "runhead");
    const title = el("h2", "", targets.length > 3 ? `Run on ${targets.length} nodes` : "Run on " + targets.map((t) => t.node).join(", "));
    this.cancel = el("button", "btn sm danger", "Cancel");
    this.cancel.type = "button";
    this.cancel.addEventListener("click", () => void this.stop());
    const tools = el("div", "runtools");
    if (several) tools.append(this.choice("Layout", "layout", [["side", "By node"], ["merged", "Merged"]], (v) => this.layout(v as Layout)));
    tools.append(this.choice("Show", "mode", [["text", "Text"], ["table", "Table"]], (v) => this.mode(v as Mode)));
    head.append(title, this.state, this.cancel, tools);
    this.notice.hidden = true;
    this.notice.setAttribute("role", "status");

    targets.forEach((t, i) => {
      const pane = el("section", "card pane");
      pane.setAttribute("aria-label", name(t));
      const download = `/console/runs/${encodeURIComponent(this.id)}/output/${i}`;
      const stream = new Stream();
      const body = new Body(stream, name(t), download, null);
      const header = el("header");
      const chip = el("span", "chip paused");
      const facts = el("span", "r");
      const save = el("a", "iconbtn sm");
      save.href = download;
      save.download = "";
      save.title = "Download the whole output";
      save.setAttribute("aria-label", `Download the whole output of ${name(t)}`);
      save.append(icon("arrow-download-16-regular"));
      const label = el("h3", "", t.node);
      if (clusters.size > 1) label.append(el("small", "", t.cluster));
      header.append(label, chip, facts, save);
      const detail = el("p", "detail-line");
      detail.hidden = true;
      pane.append(header, detail, body.element);
      this.panes.append(pane);
      this.parts.push({ status: { i, s: "waiting", t: 0, b: 0, n: 0 }, at: performance.now(), stream, body, chip, facts, detail, shape: { type: "", names: [] } });
    });
    this.panes.classList.toggle("one", !several);
    this.mergedBody = new Body(this.merged, "all nodes", null, targets.map(name));
    this.all.setAttribute("aria-label", "All nodes");
    this.all.append(this.mergedBody.element);
    this.all.hidden = true;

    section.replaceChildren(head, this.notice, this.panes, this.all);
    this.layout(several ? (remembered("layout", "side") as Layout) : "side");
    this.mode(remembered("mode", "text") as Mode);
    this.draw();
    this.clock = window.setInterval(() => this.tick(), 500);
    this.connect();
  }

  /** Another run takes the place: this one goes on, unwatched. */
  end(): void {
    this.ended = true;
    clearInterval(this.clock);
    cancelAnimationFrame(this.frame);
    this.socket?.close(1000);
  }

  private choice(label: string, key: string, options: [string, string][], pick: (v: string) => void): HTMLElement {
    const set = el("div", "seg");
    set.setAttribute("role", "group");
    set.setAttribute("aria-label", label);
    const now = remembered(key, options[0]?.[0] ?? "");
    for (const [value, text] of options) {
      const b = el("button", "", text);
      b.type = "button";
      b.ariaPressed = String(value === now);
      b.addEventListener("click", () => {
        for (const other of set.querySelectorAll("button")) other.ariaPressed = String(other === b);
        remember(key, value);
        pick(value);
      });
      set.append(b);
    }
    return set;
  }

  private layout(v: Layout): void {
    this.panes.hidden = v === "merged";
    this.all.hidden = v !== "merged";
    this.draw();
  }

  private mode(v: Mode): void {
    for (const p of this.parts) p.body.as(v);
    this.mergedBody.as(v);
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/console/runs/${encodeURIComponent(this.id)}/live?after=${this.seq}`);
    this.socket = socket;
    for (const p of this.parts) p.shape = { type: "", names: [] };
    socket.onopen = () => {
      this.tries = 0;
      this.notice.hidden = true;
    };
    socket.onmessage = (e) => {
      if (socket !== this.socket || typeof e.data !== "string") return;
      this.queue.push(JSON.parse(e.data) as Message);
      if (!this.frame) this.frame = requestAnimationFrame(() => this.take());
    };
    socket.onclose = (e) => {
      if (socket !== this.socket || this.ended) return;
      this.socket = null;
      if (e.code === 4401 || e.code === 1008) {
        location.reload(); // signed out
        return;
      }
      // What is still in the queue is taken in first.
      if (this.over || this.queue.some((m) => m.over)) return;
      this.tries++;
      if (this.tries > 8) {
        this.say("The run can no longer be followed from here. Load the page again.");
        return;
      }
      if (this.tries > 1) this.say("The connection is lost. The run goes on; it is followed again as soon as the server answers.");
      setTimeout(() => this.connect(), Math.min(5000, 300 * 2 ** this.tries) * (0.5 + Math.random() / 2));
    };
  }

  private say(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = false;
  }

  /** Takes in what came, draws once, and asks for more. */
  private take(): void {
    this.frame = 0;
    const messages = this.queue;
    this.queue = [];
    for (const m of messages) {
      if (m.missed) this.note("Some output is left out here. The download has all of it.");
      for (const e of m.events) this.event(e);
      for (const s of m.status ?? []) {
        const p = this.parts[s.i];
        if (!p) continue;
        p.status = s;
        p.at = performance.now();
      }
      this.seq = m.next;
      if (m.over && !this.over) this.finish();
    }
    this.soon();
    if (messages.length > 0 && this.socket?.readyState === WebSocket.OPEN) this.socket.send(String(this.seq));
  }

  private note(text: string): void {
    this.parts.forEach((p, i) => p.stream.write(i, "note", text));
    this.merged.write(0, "note", text);
  }

  private event(e: Event): void {
    const p = this.parts[e.i];
    if (!p) return;
    switch (e.k) {
      case "object": {
        if (!e.o) return;
        if (e.o.n) p.shape = { type: e.o.t ?? "", names: e.o.n };
        p.stream.object(e.i, p.shape.type, p.shape.names, e.o.v);
        this.merged.object(e.i, p.shape.type, p.shape.names, e.o.v);
        if (e.x) this.write(e.i, "text", e.x);
        return;
      }
      case "progress":
        p.stream.progress = e.p ?? null;
        return;
      case "cut":
        this.write(e.i, "note", `This text is longer than what is shown${e.b ? ": " + size(e.b) + " in all" : ""}.`);
        return;
      case "ended":
        p.stream.progress = null;
        return;
      case "started":
        return;
      default:
        this.write(e.i, e.k, e.x ?? "", e.id);
    }
  }

  private write(i: number, kind: string, text: string, id?: string): void {
    this.parts[i]?.stream.write(i, kind, text, id);
    this.merged.write(i, kind, text, id);
  }

  /** Drawn at most twelve times a second, however fast it comes. */
  private soon(): void {
    if (this.later) return;
    this.later = window.setTimeout(
      () => {
        this.later = 0;
        if (!this.ended) this.draw();
      },
      Math.max(0, 80 - (performance.now() - this.drawnAt)),
    );
  }

  private draw(): void {
    this.drawnAt = performance.now();
    if (this.all.hidden) for (const p of this.parts) p.body.draw();
    else this.mergedBody.draw();
    this.tick();
  }

  /** What changes without news: the time. */
  private tick(): void {
    let worst = "";
    const order = ["running", "waiting", "failed", "timed out", "interrupted", "cancelled", "done"];
    for (const p of this.parts) {
      const s = p.status;
      const running = s.s === "running";
      const ms = s.t + (running ? performance.now() - p.at : 0);
      dress(p.chip, s.s);
      const facts = s.s === "waiting" ? "" : [took(ms), size(s.b), s.n ? `${s.n} ${s.n === 1 ? "error" : "errors"}` : "", !running && s.e ? `exit ${s.e}` : ""].filter(Boolean).join(" · ");
      if (p.facts.textContent !== facts) p.facts.textContent = facts;
      p.detail.hidden = !s.d;
      if (s.d && p.detail.textContent !== s.d) p.detail.textContent = s.d;
      if (worst === "" || order.indexOf(s.s) < order.indexOf(worst)) worst = s.s;
    }
    dress(this.state, !this.over && worst === "waiting" ? "running" : worst);
    this.cancel.hidden = this.over;
  }

  private finish(): void {
    this.over = true;
    clearInterval(this.clock);
    const count: Record<string, number> = {};
    for (const p of this.parts) count[p.status.s] = (count[p.status.s] ?? 0) + 1;
    const words = Object.entries(count).map(([s, n]) => `${states[s]?.[2] ?? s}${this.parts.length > 1 ? " on " + n : ""}`);
    const place = document.getElementById("announce");
    if (place) place.textContent = "The run has ended: " + words.join(", ");
  }

  private async stop(): Promise<void> {
    this.cancel.disabled = true;
    this.cancel.textContent = "Cancelling";
    const ok = await fetch(`/console/runs/${encodeURIComponent(this.id)}/cancel`, { method: "POST", headers: { Accept: "application/json" } })
      .then((r) => r.ok)
      .catch(() => false);
    if (ok) return;
    this.cancel.disabled = false;
    this.cancel.textContent = "Cancel";
    this.say("It could not be cancelled. Try again.");
  }
}

function dress(chip: HTMLElement, state: string): void {
  const [cls, name, word] = states[state] ?? ["stale", "question-circle-16-regular", state];
  if (chip.dataset.state === state) return;
  chip.dataset.state = state;
  chip.className = "chip " + cls;
  chip.replaceChildren(icon(name, state === "running" ? "spin" : ""), word);
}

function took(ms: number): string {
  if (ms < 60_000) return (ms / 1000).toFixed(1) + " s";
  const s = Math.floor(ms / 1000);
  const parts = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return parts[0] ? `${parts[0]} h ${parts[1]} min` : `${parts[1]} min ${parts[2]} s`;
}

function size(n: number): string {
  if (n < 1000) return n === 1 ? "1 byte" : `${n} bytes`;
  const [v, unit] = n < 1e6 ? [n / 1e3, "kB"] : n < 1e9 ? [n / 1e6, "MB"] : [n / 1e9, "GB"];
  return `${v.toFixed(v < 10 ? 2 : v < 100 ? 1 : 0)} ${unit}`;
}

function remembered(key: string, otherwise: string): string {
  try {
    return localStorage.getItem("looksalive.console." + key) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem("looksalive.console." + key, value);
  } catch {
    // it lasts as long as the page
  }
}
