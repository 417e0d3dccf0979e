// Puts new HTML of a region over the old, touching only what differs: open
// details, focus, selection, typed text and scroll positions stay.
import morphdom from "morphdom";

/** Replaces the element with the same id, if there is one, by the given one. */
export function morphRegion(to: Element): Element | null {
  const from = document.getElementById(to.id);
  if (!from) return null;
  const changed: Element[] = [];
  const added: Element[] = [];
  morphdom(from, to, {
    getNodeKey: (n) => (n instanceof Element && n.id ? n.id : undefined),
    onBeforeElUpdated: (f, t) => keep(f, t, changed),
    onBeforeNodeDiscarded: (n) => !(n instanceof Element && n.hasAttribute("data-live-skip")),
    onNodeAdded: (n) => {
      if (n instanceof Element && n.hasAttribute("data-fault")) added.push(n);
      return n;
    },
  });
  for (const el of changed) mark(el, "changed");
  for (const el of added) mark(el, "fresh");
  return document.getElementById(to.id);
}

/** False leaves the element and all below it alone. */
function keep(f: HTMLElement, t: HTMLElement, changed: Element[]): boolean {
  if (f.hasAttribute("data-live-skip") || f.isEqualNode(t)) return false;
  if (f instanceof HTMLTimeElement && t instanceof HTMLTimeElement) {
    // The text is ours: it is in the reader's zone and counts.
    if (f.dateTime === t.dateTime && f.dataset.form === t.dataset.form) return false;
  }
  if (f instanceof HTMLDetailsElement) {
    // What somebody opened or closed stays so, whatever the server would do.
    if (f.dataset.touched !== undefined) {
      t.dataset.touched = "";
      t.toggleAttribute("open", f.open);
    } else if (f.open) t.setAttribute("open", "");
  }
  if (f instanceof HTMLDialogElement) return false;
  if (f instanceof HTMLInputElement || f instanceof HTMLTextAreaElement || f instanceof HTMLSelectElement) {
    if (f === document.activeElement || ("defaultValue" in f && f.value !== f.defaultValue)) return false;
  }
  // What script set on an element for this browser only.
  for (const name of ["tabindex", "aria-expanded"]) {
    const v = f.getAttribute(name);
    if (v !== null && !t.hasAttribute(name)) t.setAttribute(name, v);
  }
  if (f.classList.contains("cur")) t.classList.add("cur");
  if (f.hasAttribute("data-v") && f.textContent !== t.textContent) changed.push(f);
  return true;
}

function mark(el: Element, name: string): void {
  el.classList.remove(name);
  // One frame without the class, so that a second change fades again.
  requestAnimationFrame(() => el.classList.add(name));
}

document.addEventListener("click", (e) => {
  const summary = e.target instanceof Element ? e.target.closest("summary") : null;
  if (summary?.parentElement instanceof HTMLDetailsElement) summary.parentElement.dataset.touched = "";
});

// One listener for all: one per change would pile up where changes come faster
// than they fade.
document.addEventListener("animationend", (e) => {
  if (e.target instanceof Element && (e.animationName === "changed" || e.animationName === "fresh")) e.target.classList.remove(e.animationName);
});
