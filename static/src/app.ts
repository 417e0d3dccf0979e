// Everything a page does by itself. Without it the pages still work; they only
// stand still.
import { setUpCharts } from "./charts";
import { setUpFeed, showHeld } from "./feed";
import { setUpKeys } from "./keys";
import { live } from "./live";
import { openPalette, setUpPalette } from "./palette";
import { isDark, pref, setPref, setUpPrefs } from "./prefs";
import { refreshTimes, setUpTimes } from "./times";

const actions: Record<string, (button: HTMLElement) => void> = {
  palette: () => void openPalette(),
  theme: () => setPref("theme", isDark() ? "light" : "dark"),
  density: () => setPref("density", pref("density") === "compact" ? "comfortable" : "compact"),
  release: showHeld,
  reload: () => location.reload(),
  help: () => document.querySelector<HTMLDialogElement>("dialog#help")?.showModal(),
  more: () => document.querySelector<HTMLDialogElement>("dialog#more")?.showModal(),
  retry: () => live.retryNow(),
  dismiss: (b) => b.closest(".notice")?.remove(),
  copy: (b) => void copy(b),
};

document.addEventListener("click", (e) => {
  const button = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-act]") : null;
  if (button) actions[button.dataset.act ?? ""]?.(button);
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.me[open]")) {
    if (!(e.target instanceof Node) || !menu.contains(e.target)) menu.open = false;
  }
  // A click beside a dialog closes it.
  if (e.target instanceof HTMLDialogElement) e.target.close();
});

document.addEventListener("keydown", (e) => {
  const menu = e.key === "Escape" ? document.querySelector<HTMLDetailsElement>("details.me[open]") : null;
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
});

async function copy(button: HTMLElement): Promise<void> {
  const text = button.parentElement?.querySelector("code")?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard: at least select it.
    const code = button.parentElement?.querySelector("code");
    if (code) getSelection()?.selectAllChildren(code);
    return;
  }
  button.classList.add("done");
  const place = document.getElementById("announce");
  if (place) place.textContent = "Copied";
  setTimeout(() => button.classList.remove("done"), 1500);
}

setUpPrefs();
setUpTimes();
setUpPalette();
setUpKeys();
setUpCharts();
setUpFeed();
if (document.body.hasAttribute("data-live")) live.start();
setInterval(() => {
  refreshTimes();
  live.tick();
}, 1000);
