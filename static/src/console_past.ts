// What was run in this browser, newest first.
const KEY = "looksalive.console.history";
const MOST = 50;

export function past(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? list.filter((x) => typeof x === "string") : [];
  } catch {
    return []; // storage is closed to us, or holds something else
  }
}

export function remember(script: string): void {
  const text = script.trim();
  if (!text || text.length > 20_000) return;
  try {
    localStorage.setItem(KEY, JSON.stringify([text, ...past().filter((x) => x !== text)].slice(0, MOST)));
  } catch {
    // then it is not remembered
  }
}

let at = -1; // which of them the editor shows, -1 for none
let typed = "";

/** The script before (1) or after (-1) the one the editor shows, null for none. */
export function step(by: number, now: string): string | null {
  const list = past();
  if (at >= 0 && list[at] !== now) at = -1; // it was changed: begin anew
  if (at < 0) typed = now;
  const next = at + by;
  if (next < -1 || next >= list.length) return null;
  at = next;
  return at < 0 ? typed : (list[at] ?? null);
}
