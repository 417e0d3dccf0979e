// Keyboard shortcuts. views/layout.go lists them for the help dialog.
import { openPalette } from "./palette";
import { pref } from "./prefs";

const goTo: Record<string, string> = { o: "/", f: "/faults", c: "/clusters", n: "/nodes", v: "/vms", s: "/storage" };

let goPending = 0; // until when a second key after "g" counts

export function setUpKeys(): void {
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k") {
      e.preventDefault();
      void openPalette();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || pref("keys") === "off" || isTyping(e.composedPath()[0] ?? e.target) || document.querySelector("dialog[open]")) return;
    if (single(e.key)) e.preventDefault();
  });
}

function isTyping(target: EventTarget | null | undefined): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function single(key: string): boolean {
  if (Date.now() < goPending) {
    goPending = 0;
    const to = goTo[key];
    if (to) location.assign(to);
    return to !== undefined;
  }
  switch (key) {
    case "g":
      goPending = Date.now() + 1500;
      return true;
    case "?":
      document.querySelector<HTMLDialogElement>("dialog#help")?.showModal();
      return true;
    case "/": {
      const filter = document.querySelector<HTMLInputElement>("input[data-filter]");
      if (filter) {
        filter.focus();
        filter.select();
      } else {
        void openPalette();
      }
      return true;
    }
    case "j":
      return step(1);
    case "k":
      return step(-1);
    case "Enter":
      return open();
  }
  return false;
}

function step(by: number): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  if (rows.length === 0) return false;
  const now = rows.findIndex((r) => r.classList.contains("cur"));
  const next = rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + by, 0), rows.length - 1)];
  if (!next) return false;
  rows[now]?.classList.remove("cur");
  next.classList.add("cur");
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function open(): boolean {
  const row = document.activeElement;
  if (!(row instanceof HTMLElement) || !row.hasAttribute("data-row")) return false;
  row.querySelector<HTMLAnchorElement>("a[href]")?.click();
  return true;
}
