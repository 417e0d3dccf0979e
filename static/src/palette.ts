// The command palette: one index, fetched when it is first needed, searched here.

interface Entry {
  label: string;
  kind: string;
  url: string;
  hint: string;
}

const SHOWN = 12;
const FRESH = 30_000;

let index: Entry[] = [];
let fetchedAt = 0;
let hits: Entry[] = [];
let active = 0;

const dialog = (): HTMLDialogElement | null => document.querySelector("dialog#palette");
const iconOf: Record<string, string> = {
  page: "navigation-20-regular",
  cluster: "server-multiple-20-regular",
  node: "server-20-regular",
  "virtual machine": "desktop-20-regular",
  role: "apps-list-detail-20-regular",
  volume: "storage-20-regular",
  network: "router-20-regular",
  fault: "alert-20-regular",
};

export async function openPalette(): Promise<void> {
  const d = dialog();
  if (!d || d.open) return;
  const input = d.querySelector("input");
  if (!input) return;
  d.showModal();
  input.value = "";
  input.focus();
  search("");
  if (Date.now() - fetchedAt > FRESH) {
    try {
      const answer = await fetch("/search.json", { headers: { Accept: "application/json" } });
      if (answer.ok) {
        index = (await answer.json()) as Entry[];
        fetchedAt = Date.now();
      }
    } catch {
      // Without the server the last index serves as well as it can.
    }
    search(input.value);
  }
}

/** How well an entry fits all words: higher is better, -1 not at all. */
export function score(e: Entry, words: string[]): number {
  const label = e.label.toLowerCase();
  const all = `${label} ${e.kind} ${e.hint}`.toLowerCase();
  let sum = 0;
  for (const w of words) {
    const at = label.indexOf(w);
    if (at === 0) sum += label.length === w.length ? 40 : 30;
    else if (at > 0 && /[^a-z0-9]/.test(label[at - 1] ?? "")) sum += 20;
    else if (at > 0) sum += 10;
    else if (all.includes(w)) sum += 3;
    else return -1;
  }
  return sum - label.length / 100;
}

function search(text: string): void {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length
    ? index
        .map((e) => ({ e, s: score(e, words) }))
        .filter((h) => h.s >= 0)
        .sort((a, b) => b.s - a.s)
        .slice(0, SHOWN)
        .map((h) => h.e)
    : index.slice(0, SHOWN);
  active = 0;
  render(text !== "");
}

function render(asked: boolean): void {
  const d = dialog();
  const list = d?.querySelector("ul");
  const none = d?.querySelector<HTMLElement>(".palette-none");
  if (!d || !list || !none) return;
  const sprite = document.documentElement.dataset.icons ?? "";
  list.replaceChildren(
    ...hits.map((e, i) => {
      const li = document.createElement("li");
      li.id = `hit-${i}`;
      li.role = "option";
      li.ariaSelected = String(i === active);
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("class", "i");
      svg.setAttribute("aria-hidden", "true");
      const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
      use.setAttribute("href", `${sprite}#${iconOf[e.kind] ?? iconOf.page}`);
      svg.append(use);
      const label = document.createElement("span");
      label.textContent = e.label;
      const hint = document.createElement("small");
      hint.textContent = [e.kind === "page" ? "" : e.kind, e.hint].filter(Boolean).join(" · ");
      li.append(svg, label, hint);
      li.addEventListener("click", () => go(i));
      li.addEventListener("mousemove", () => {
        if (active !== i) select(i);
      });
      return li;
    }),
  );
  none.hidden = hits.length > 0 || !asked;
  select(0);
}

function select(i: number): void {
  const d = dialog();
  if (!d || hits.length === 0) return;
  active = (i + hits.length) % hits.length;
  d.querySelectorAll("li").forEach((li, n) => {
    li.ariaSelected = String(n === active);
    if (n === active) li.scrollIntoView({ block: "nearest" });
  });
  d.querySelector("input")?.setAttribute("aria-activedescendant", `hit-${active}`);
}

function go(i: number): void {
  const e = hits[i];
  // Only addresses of our own: the labels come from managed machines.
  if (e?.url.startsWith("/") && !e.url.startsWith("//")) location.assign(e.url);
}

export function setUpPalette(): void {
  const d = dialog();
  const input = d?.querySelector("input");
  if (!d || !input) return;
  input.addEventListener("input", () => search(input.value));
  input.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown") select(active + 1);
    else if (e.key === "ArrowUp") select(active - 1);
    else if (e.key === "Enter") go(active);
    else return;
    e.preventDefault();
  });
  d.addEventListener("click", (e) => {
    if (e.target === d) d.close();
  });
}
