// Times come from the server in UTC and are shown in the reader's zone. Ages
// count by the server's clock, whatever the clock of this machine says.

let offset = 0; // server clock minus ours, in milliseconds

export function setServerNow(iso: string | undefined): void {
  const t = iso ? Date.parse(iso) : NaN;
  if (!Number.isNaN(t)) offset = t - Date.now();
}

export function serverNow(): number {
  return Date.now() + offset;
}

const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(new Date()).find((p) => p.type === "timeZoneName")?.value ?? "local time";
const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const longDayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

export function clock(ms: number): string {
  return clockFormat.format(ms);
}

export function dateTime(ms: number, seconds: boolean): string {
  const t = clockFormat.format(ms);
  return `${dayFormat.format(ms)}, ${seconds ? t : t.slice(0, 5)} ${zone}`;
}

export function span(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} days`;
}

function age(at: number, short: boolean): string {
  const d = serverNow() - at;
  if (d < -5000) return "in " + span(-d);
  if (d < 1000) return short ? "now" : "just now";
  if (d < 86_400_000) return span(d) + (short ? "" : " ago");
  return short ? dayFormat.format(at).replace(/ \d+$/, "") : dateTime(at, false);
}

function left(at: number): string {
  const s = Math.max(0, Math.ceil((at - serverNow()) / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

const titled = new WeakMap<Element, string>();

function write(el: HTMLTimeElement): void {
  const at = Date.parse(el.dateTime);
  if (Number.isNaN(at)) return;
  let text: string;
  switch (el.dataset.form) {
    case "clock":
      text = clock(at);
      break;
    case "date":
      text = dateTime(at, false);
      break;
    case "left":
      text = left(at);
      break;
    default:
      text = age(at, el.dataset.form === "short");
  }
  if (el.textContent !== text) el.textContent = text;
  if (titled.get(el) !== el.dateTime) {
    titled.set(el, el.dateTime);
    el.title = dateTime(at, true);
  }
}

/** Writes every time on the page anew. The page's one timer calls it. */
export function refreshTimes(root: ParentNode = document): void {
  for (const el of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) write(el);
  const c = document.querySelector("[data-clock]");
  if (c) {
    c.textContent = clock(serverNow());
    const d = document.querySelector("[data-clock-date]");
    if (d) d.textContent = `${longDayFormat.format(serverNow())}, ${zone}`;
  }
}

export function setUpTimes(): void {
  setServerNow(document.documentElement.dataset.now);
  for (const el of document.querySelectorAll("[data-zone]")) el.textContent = "Times are shown in " + zone;
  refreshTimes();
}
