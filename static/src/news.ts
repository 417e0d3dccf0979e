// Tells a screen reader about new faults: critical ones at once, the others
// when it is done speaking, each kind at most every 10 s. The bell in the top
// bar of every page carries the newest faults.

interface News {
  id: number;
  text: string;
  urgent?: boolean;
}

const EVERY = 10_000;
const NAMED = 3;
const FORGET = 8_000; // then it is no news any more, and nobody shall find it

class Speaker {
  private readonly texts: string[] = [];
  private timer = 0;
  private saidAt = -EVERY;

  constructor(private readonly place: string) {}

  add(text: string): void {
    this.texts.push(text);
    if (!this.timer) this.timer = window.setTimeout(() => this.say(), Math.max(0, this.saidAt + EVERY - performance.now()));
  }

  private say(): void {
    this.timer = 0;
    this.saidAt = performance.now();
    const place = document.getElementById(this.place);
    const texts = this.texts.splice(0);
    const rest = texts.length - NAMED;
    const named = texts.slice(0, NAMED).join(". ") + (rest > 0 ? `, and ${rest} more` : "");
    if (!place) return;
    const text = texts.length === 1 ? `New fault: ${named}` : `${texts.length} new faults: ${named}`;
    place.textContent = text;
    setTimeout(() => {
      if (place.textContent === text) place.textContent = "";
    }, FORGET);
  }
}

const calm = new Speaker("announce");
const urgent = new Speaker("announce-now");
let known = 0; // number of the newest fault that was told

function news(): News[] {
  try {
    return JSON.parse(document.querySelector<HTMLElement>("[data-news]")?.dataset.news ?? "[]") as News[];
  } catch {
    return [];
  }
}

export function setUpNews(): void {
  known = Math.max(0, ...news().map((n) => n.id));
}

/** Tells what is new. With told, the page says itself what happened: only the urgent is repeated. */
export function tellNews(told: boolean): void {
  const fresh = news()
    .filter((n) => n.id > known)
    .sort((a, b) => a.id - b.id);
  for (const n of fresh) {
    known = n.id;
    if (n.urgent) urgent.add(n.text);
    else if (!told) calm.add(n.text);
  }
}
