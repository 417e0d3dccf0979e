// The live socket. The server sends regions of this page as HTML whenever they
// change, and an empty message every few seconds; we morph them in. When the
// socket is lost nothing is removed: the page says so, and comes back by itself.
import { takeRegions } from "./feed";
import { setUpNews, tellNews } from "./news";
import { clock, refreshTimes, serverNow, setServerNow, span } from "./times";
import { tickWall } from "./wall";

const SILENCE = 15_000; // no message for so long means lost
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;
const NOTICE_AFTER = 2_500; // a short loss is only told by the pill
const ON_THE_WAY = 10_000; // so long another page may take to come
const OLD_DATA = 20_000; // from here the pill says how old the data is

const root = document.documentElement;

class Live {
  private socket: WebSocket | null = null;
  private seq = Number(root.dataset.seq ?? 0);
  private dataAt = Date.parse(root.dataset.at ?? "");
  private everOpen = false;
  private first = true; // the next message is the first of a socket
  private wait = FIRST_WAIT;
  private retryAt = 0;
  private retryTimer = 0;
  private silenceTimer = 0;
  private lostAt = 0; // since when we are without the server
  private ended = false; // leaving: no more tries
  private leftAt = -ON_THE_WAY; // when the way to another page began

  start(): void {
    setUpNews();
    this.connect();
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retryNow();
    });
    for (const begins of ["beforeunload", "submit"]) addEventListener(begins, () => (this.leftAt = performance.now()));
    addEventListener("pagehide", () => {
      this.ended = true;
      this.socket?.close(1000);
    });
    addEventListener("pageshow", (e) => {
      if (!e.persisted) return;
      this.ended = false;
      this.lose();
      this.retryNow();
    });
  }

  /** Tries at once if we wait for the next try. */
  retryNow(): void {
    if (this.socket || this.ended) return;
    this.wait = FIRST_WAIT;
    this.connect();
  }

  /** Called once a second by the page's timer. */
  tick(): void {
    tickWall(this.dataAt, this.lostAt > 0);
    const pill = document.getElementById("live");
    if (!pill) return;
    if (this.ended) return;
    if (!this.lostAt) {
      if (this.everOpen) this.showLive(pill);
      return;
    }
    const left = Math.ceil((this.retryAt - Date.now()) / 1000);
    show(pill, "off", "Reconnecting", left > 0 && !this.socket ? ` in ${left} s` : "");
    if (Date.now() - this.lostAt > NOTICE_AFTER) this.showNotice(`This is the picture of ${clock(this.pictureAt)}. Nothing has been removed.`);
  }

  private pictureAt = serverNow();

  private connect(): void {
    clearTimeout(this.retryTimer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = new URLSearchParams({ page: location.pathname + location.search, seq: String(this.seq) });
    const socket = new WebSocket(`${scheme}//${location.host}/live?${query}`);
    this.socket = socket;
    this.first = true;
    this.listen();
    socket.onmessage = (e) => {
      if (socket === this.socket && typeof e.data === "string") this.receive(e.data);
    };
    socket.onclose = (e) => {
      if (socket !== this.socket) return;
      this.closed(e.code);
    };
  }

  /** Starts the wait for the next message anew. */
  private listen(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = window.setTimeout(() => {
      const dead = this.socket;
      this.socket = null;
      dead?.close();
      this.closed(1006);
    }, SILENCE);
  }

  private closed(code: number): void {
    clearTimeout(this.silenceTimer);
    this.socket = null;
    if (this.ended) return;
    if (code === 4404 || code === 4401) {
      this.ended = true;
      // What the page shows is gone, or the session: the server says so better. A form
      // that has just been sent may be why; its answer is on the way and goes first.
      const wait = this.leftAt + ON_THE_WAY - performance.now();
      window.setTimeout(() => location.reload(), Math.max(wait, 0));
      return;
    }
    this.lose();
    if (this.first) void this.lookForSession();
    // Half of the wait is chance, so that a hundred screens do not return at once.
    const wait = this.wait / 2 + (Math.random() * this.wait) / 2;
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.retryAt = Date.now() + wait;
    this.retryTimer = window.setTimeout(() => this.connect(), wait);
    this.tick();
  }

  /** A socket that is refused does not say why: it may be that nobody is signed in any more. */
  private async lookForSession(): Promise<void> {
    try {
      const answer = await fetch("/api/v1/whoami", { headers: { Accept: "application/json" } });
      if (answer.status !== 401 || this.ended) return;
    } catch {
      return; // the server is away: the next try will tell
    }
    this.ended = true;
    location.reload();
  }

  private lose(): void {
    if (!this.lostAt) this.lostAt = Date.now();
    root.dataset.lost = "";
  }

  private receive(text: string): void {
    this.listen();
    const update = new DOMParser().parseFromString(text, "text/html").querySelector("live-update");
    if (!(update instanceof HTMLElement)) return;
    if (this.reloadFor(update.dataset.build)) return;
    const back = this.lostAt > 0;
    this.lostAt = 0;
    delete root.dataset.lost;
    this.everOpen = true;
    this.wait = FIRST_WAIT;
    setServerNow(update.dataset.now);
    this.pictureAt = serverNow();
    const at = Date.parse(update.dataset.at ?? "");
    if (!Number.isNaN(at)) this.dataAt = at;

    let regions = [...update.children].filter((r) => r.id);
    if (this.first && this.reloadForShape(regions)) return;
    const told = back && regions.some((r) => r.id === "r-missed");
    if (!told) regions = regions.filter((r) => r.id !== "r-missed"); // the page was made a moment ago: nobody was away
    takeRegions(regions);
    tellNews(told);
    const seq = Number(update.dataset.seq ?? 0);
    // Only the same number proves that nothing happened. A smaller one is a
    // store that began anew.
    if (back && !told && seq === this.seq) sayNothingMissed();
    this.seq = seq;
    this.first = false;
    hideNotice();
    refreshTimes();
    const pill = document.getElementById("live");
    if (pill) this.showLive(pill);
    document.dispatchEvent(new CustomEvent("morphed"));
  }

  /** A new program may have new styles and scripts: load them, but only once. */
  private reloadFor(build: string | undefined): boolean {
    if (!build || build === root.dataset.build) return false;
    return this.reloadOnce("looksalive.reloaded", build);
  }

  /**
   * The first message of a socket has every region of the page. If it has
   * others than the document, the page changed its shape in between: there is
   * no place to put them, so load it again.
   */
  private reloadForShape(regions: Element[]): boolean {
    const names = (list: Iterable<Element>): string => [...list].map((r) => r.id).sort().join();
    const shape = names(regions.filter((r) => r.id !== "r-missed"));
    if (shape === names(document.querySelectorAll("[data-region]"))) {
      try {
        sessionStorage.removeItem("looksalive.shape");
      } catch {
        // then there is nothing to remove either
      }
      return false;
    }
    return this.reloadOnce("looksalive.shape", location.pathname + shape);
  }

  /** Loads the page again unless it was loaded again for this reason just before. */
  private reloadOnce(key: string, reason: string): boolean {
    try {
      if (sessionStorage.getItem(key) === reason) return false;
      sessionStorage.setItem(key, reason);
    } catch {
      return false; // without a memory this could go on for ever
    }
    this.ended = true;
    location.reload();
    return true;
  }

  private showLive(pill: Element): void {
    if (Number.isNaN(this.dataAt)) {
      show(pill, "", "Live", "");
      return;
    }
    const age = Math.max(0, serverNow() - this.dataAt);
    const text = age < 10_000 ? `${(age / 1000).toFixed(1)} s ago` : `${span(age)} ago`;
    show(pill, age > OLD_DATA ? "old" : "", age > OLD_DATA ? "Old data" : "Live", " · " + text);
  }

  private showNotice(text: string): void {
    const box = document.getElementById("live-lost");
    if (!box) return;
    const p = box.querySelector("[data-lost-text]");
    if (p && p.textContent !== text) p.textContent = text;
    box.hidden = false;
  }
}

function hideNotice(): void {
  const box = document.getElementById("live-lost");
  if (box) box.hidden = true;
}

function show(pill: Element, tone: string, word: string, age: string): void {
  pill.className = tone ? `live ${tone}` : "live";
  const w = pill.querySelector(".w");
  const a = pill.querySelector(".a");
  if (w && w.textContent !== word) w.textContent = word;
  if (a) a.textContent = age;
}

function sayNothingMissed(): void {
  const place = document.getElementById("r-missed");
  const template = document.getElementById("nothing-missed");
  if (!place || !(template instanceof HTMLTemplateElement)) return;
  place.replaceChildren(template.content.cloneNode(true));
  const fleeting = place.firstElementChild;
  setTimeout(() => fleeting?.remove(), 8_000);
}

export const live = new Live();
