// What only a screen on a wall does: it is dark at night, moves a little
// against burn-in, and shouts when what it shows is old.
import { serverNow, span } from "./times";

const TOO_OLD = 30_000;
const MOVE_EVERY = 600_000;
const PLACES = 9; // where wall.css moves the picture to
const NIGHT = { from: 21, to: 6 }; // hours of the reader's zone

const root = document.documentElement;

/** Called once a second. dataAt is the time of the newest data, NaN if there are none. */
export function tickWall(dataAt: number, lost: boolean): void {
  if (!document.body.classList.contains("wall")) return;
  const now = serverNow();
  const hour = new Date(now).getHours();
  root.toggleAttribute("data-night", hour >= NIGHT.from || hour < NIGHT.to);
  root.dataset.place = String(Math.floor(now / MOVE_EVERY) % PLACES);

  const old = now - dataAt > TOO_OLD;
  root.toggleAttribute("data-old", old);
  const box = document.getElementById("old-data");
  if (!box) return;
  const show = old && !lost; // without the server its own notice says so
  if (show) {
    const text = box.querySelector("[data-old-text]");
    if (text) text.textContent = `The newest answer of any node came ${span(now - dataAt)} ago.`;
  }
  box.hidden = !show;
}
