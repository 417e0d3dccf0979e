// The feed of faults does not move under a reader. While the page is scrolled,
// new rows wait behind a pill; what is known of the rows in view still changes,
// each in its place.
import { morphRegion } from "./morph";

const SCROLLED = 48; // pixels from which on somebody is reading
const held = ["r-feed", "r-detail"]; // the pane beside shows the first row: it waits with the feed

const waiting = new Map<string, Element>();

/** Puts the regions of a message into the page, or lets those of the feed wait. */
export function takeRegions(regions: Element[]): void {
  const feed = regions.find((r) => r.id === "r-feed");
  if (feed && scrollY > SCROLLED) {
    const fresh = rows(feed).filter((r) => !document.getElementById(r.id));
    if (fresh.length > 0) {
      waiting.set("r-feed", feed);
      offer(fresh);
    } else if (waiting.size > 0) {
      release(); // what was new is gone again
    }
  }
  for (const region of regions) {
    if (waiting.size > 0 && held.includes(region.id)) {
      waiting.set(region.id, region);
      if (region === feed) updateInPlace(feed);
    } else {
      morphRegion(region);
    }
  }
}

/** Shows what waits. */
export function release(): void {
  const regions = [...waiting.values()];
  waiting.clear();
  const pill = document.getElementById("held");
  if (pill) pill.hidden = true;
  regions.forEach(morphRegion);
}

export function setUpFeed(): void {
  if (!document.getElementById("r-feed")) return;
  addEventListener("scroll", () => waiting.size > 0 && scrollY <= SCROLLED && release(), { passive: true });
}

/** What the pill does. */
export function showHeld(): void {
  release();
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

function rows(feed: ParentNode): Element[] {
  return [...feed.querySelectorAll("[data-fault][id]")];
}

function updateInPlace(feed: Element): void {
  for (const to of rows(feed)) {
    if (document.getElementById(to.id)?.hasAttribute("data-fault")) morphRegion(to.cloneNode(true) as Element);
  }
}

function offer(fresh: Element[]): void {
  const pill = document.getElementById("held");
  const words = pill?.querySelector("span");
  if (!pill || !words) return;
  pill.classList.toggle(
    "crit",
    fresh.some((r) => r.matches(".crit, .iso, .quar")),
  );
  words.textContent = `${fresh.length} new`;
  pill.hidden = false;
}
