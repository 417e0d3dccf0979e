// What a person chose about the looks, kept in this browser only.

export type Pref = "theme" | "density" | "keys";

const fallback: Record<Pref, string> = { theme: "auto", density: "comfortable", keys: "on" };
const allowed: Record<Pref, string[]> = {
  theme: ["auto", "light", "dark"],
  density: ["comfortable", "compact"],
  keys: ["on", "off"],
};

export function pref(name: Pref): string {
  try {
    const v = localStorage.getItem("looksalive." + name);
    if (v && allowed[name].includes(v)) return v;
  } catch {
    // Storage is closed to us: the choice lasts as long as the page.
  }
  return document.documentElement?.dataset[name] ?? fallback[name];
}

export function setPref(name: Pref, value: string): void {
  try {
    localStorage.setItem("looksalive." + name, value);
  } catch {
    // as above
  }
  document.documentElement.dataset[name] = value;
  document.dispatchEvent(new CustomEvent("prefs"));
}

export function applyPrefs(): void {
  const root = document.documentElement;
  for (const name of Object.keys(fallback) as Pref[]) root.dataset[name] = pref(name);
}

/** Dark as it is now, whoever decided it. */
export function isDark(): boolean {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

export function setUpPrefs(): void {
  for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-pref]")) {
    const name = select.dataset.pref as Pref;
    select.value = pref(name);
    select.addEventListener("change", () => setPref(name, select.value));
  }
  const press = (): void => {
    for (const button of document.querySelectorAll('[data-act="density"]')) button.ariaPressed = String(pref("density") === "compact");
  };
  press();
  document.addEventListener("prefs", () => {
    press();
    for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-pref]")) {
      select.value = pref(select.dataset.pref as Pref);
    }
  });
}
