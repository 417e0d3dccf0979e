// The form of the console: where, what, what it would do, and run.
import { mount, type Editor } from "./console_editor";
import { past, remember, step } from "./console_past";

interface Started {
  id: string;
  address: string;
  targets: { cluster: string; node: string }[];
}

export function setUpForm(form: HTMLFormElement, started: (s: Started) => void): void {
  const area = form.querySelector<HTMLTextAreaElement>("#f-script");
  const button = form.querySelector<HTMLButtonElement>("#run-button");
  let editor: Editor | null = null;
  const run = (): void => form.requestSubmit(button ?? undefined);
  if (area) {
    editor = mount(area, { run, commands: () => commands(form), step });
    area.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
        e.preventDefault();
        run();
      }
    });
    if (!matchMedia("(max-width: 760px)").matches && !form.querySelector(".problems")) editor?.focus();
    setUpPast(form, area, editor);
  }
  setUpPicker(form);
  setUpLook(form);
  form.querySelector<HTMLElement>(".problems")?.focus();
  form.addEventListener("submit", (e) => {
    if (e.submitter instanceof HTMLButtonElement && e.submitter.hasAttribute("formaction")) return;
    e.preventDefault();
    void send(form, button, "", started);
  });
}

/** Posts the form; asks for the phrase if one has to be typed. */
async function send(form: HTMLFormElement, button: HTMLButtonElement | null, confirm: string, started: (s: Started) => void): Promise<void> {
  const body = fields(form);
  if (confirm) body.set("confirm", confirm);
  if (button) button.disabled = true;
  let answer: Response;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    complain(form, ["The server cannot be reached. Nothing was run."]);
    return;
  } finally {
    if (button) button.disabled = false;
  }
  if (answer.redirected || answer.status === 401) {
    location.reload(); // signed out
    return;
  }
  const said = (await answer.json().catch(() => ({}))) as Partial<Started> & { phrase?: string; problems?: string[]; detail?: string };
  if (answer.status === 201 && said.id && said.address && said.targets) {
    remember(String(body.get("script") ?? ""));
    complain(form, []);
    started({ id: said.id, address: said.address, targets: said.targets });
  } else if (answer.status === 200 && said.phrase) {
    const typed = await ask(said.phrase);
    if (typed !== null) await send(form, button, typed, started);
  } else {
    complain(form, said.problems?.length ? said.problems : [said.detail ?? "It could not be run."]);
  }
}

function fields(form: HTMLFormElement): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") out.append(name, value);
  return out;
}

/** Shows what stands against running, or takes it away. */
function complain(form: HTMLFormElement, problems: string[]): void {
  form.querySelector(":scope > .problems")?.remove();
  if (problems.length === 0) return;
  const box = document.createElement("div");
  box.className = "notice crit wide problems";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  const grow = document.createElement("div");
  grow.className = "grow";
  const b = document.createElement("b");
  b.textContent = "Nothing was run.";
  const list = document.createElement("ul");
  for (const p of problems) {
    const li = document.createElement("li");
    li.textContent = p;
    list.append(li);
  }
  grow.append(b, list);
  box.append(grow);
  form.prepend(box);
  box.focus();
}

/** Has the phrase typed; null if somebody thinks better of it. */
function ask(phrase: string): Promise<string | null> {
  const dialog = document.querySelector<HTMLDialogElement>("dialog#confirm");
  const input = dialog?.querySelector("input");
  const yes = dialog?.querySelector<HTMLButtonElement>('button[value="run"]');
  if (!dialog || !input || !yes) return Promise.resolve(null);
  const place = dialog.querySelector("[data-phrase]");
  if (place) place.textContent = phrase;
  const changes = dialog.querySelector("[data-changes]");
  const list = document.querySelector("#look .lk.warn ul");
  changes?.replaceChildren(...(list ? [list.cloneNode(true)] : []));
  input.value = "";
  yes.disabled = true;
  input.oninput = () => {
    yes.disabled = input.value.trim() !== phrase;
  };
  dialog.returnValue = "";
  dialog.showModal();
  input.focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "run" ? input.value.trim() : null), { once: true });
  });
}

/** Asks what the script does, a moment after the last change. */
function setUpLook(form: HTMLFormElement): void {
  let timer = 0;
  let asking: AbortController | null = null;
  const look = async (): Promise<void> => {
    asking?.abort();
    const mine = (asking = new AbortController());
    try {
      const answer = await fetch(form.dataset.look ?? "", { method: "POST", body: fields(form), signal: mine.signal });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("look");
      const old = document.getElementById("look");
      if (fresh && old && !mine.signal.aborted) old.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch {
      // the next change asks again
    }
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), 250);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

/** Filter, "all of a cluster", counts. */
function setUpPicker(form: HTMLFormElement): void {
  const picker = form.querySelector<HTMLElement>("#picker");
  if (!picker) return;
  const groups = [...picker.querySelectorAll<HTMLDetailsElement>(".pickc")];
  const boxes = (of: ParentNode): HTMLInputElement[] => [...of.querySelectorAll<HTMLInputElement>('input[name="target"]')];
  const role = picker.querySelector<HTMLSelectElement>("#f-role");
  const onwhat = document.getElementById("onwhat");
  const count = (): void => {
    const names: string[] = [];
    for (const g of groups) {
      const all = boxes(g);
      const on = all.filter((b) => b.checked);
      names.push(...on.map((b) => b.closest<HTMLElement>("[data-node]")?.dataset.node ?? ""));
      const said = g.querySelector("[data-count]");
      if (said) said.textContent = `${on.length} of ${all.length}`;
      const every = g.querySelector<HTMLInputElement>("[data-all]");
      if (every) {
        every.checked = on.length === all.length && on.length > 0;
        every.indeterminate = on.length > 0 && on.length < all.length;
      }
    }
    const owner = role?.value ? 1 : 0;
    const total = picker.querySelector(".pickall > summary [data-count]");
    if (total) total.textContent = names.length + owner === 0 ? "none chosen" : `${names.length + owner} chosen`;
    if (onwhat) {
      const parts = names.length > 3 ? [`${names.length} nodes`] : names;
      if (owner) parts.push("the owner of " + (role?.selectedOptions[0]?.textContent ?? "").replace(/ \(now .*\)$/, ""));
      onwhat.textContent = parts.length ? "on " + parts.join(", ") : "Choose where it runs";
    }
  };
  for (const g of groups) {
    const every = g.querySelector<HTMLInputElement>("[data-all]");
    every?.closest<HTMLElement>("label")?.removeAttribute("hidden");
    every?.addEventListener("change", () => {
      for (const b of boxes(g)) if (!b.closest<HTMLElement>("label")?.hidden) b.checked = every.checked;
      count();
    });
  }
  const filter = picker.querySelector<HTMLInputElement>('input[type="search"]');
  if (filter && boxes(picker).length > 8) {
    filter.closest<HTMLElement>(".field")?.removeAttribute("hidden");
    filter.addEventListener("input", (e) => {
      e.stopPropagation();
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const g of groups) {
        let seen = 0;
        for (const label of g.querySelectorAll<HTMLElement>("[data-node]")) {
          const text = `${g.dataset.cluster} ${label.dataset.node}`.toLowerCase();
          label.hidden = !words.every((w) => text.includes(w));
          if (!label.hidden) seen++;
        }
        g.hidden = seen === 0;
        if (words.length) g.open = seen > 0;
      }
    });
    filter.addEventListener("keydown", (e) => {
      if (e.key === "Enter") e.preventDefault();
    });
  }
  picker.addEventListener("change", count);
  if (matchMedia("(max-width: 760px)").matches && boxes(picker).some((b) => b.checked)) picker.querySelector<HTMLDetailsElement>(".pickall")?.removeAttribute("open");
  count();
}

/** What was run before. */
function setUpPast(form: HTMLFormElement, area: HTMLTextAreaElement, editor: Editor | null): void {
  const button = form.querySelector<HTMLButtonElement>("#history");
  const dialog = document.querySelector<HTMLDialogElement>("dialog#past");
  const list = dialog?.querySelector("[data-local]");
  if (!button || !dialog || !list) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const items = past().map((script) => {
      const li = document.createElement("li");
      const b = document.createElement("button");
      b.type = "button";
      b.className = "pastrun";
      const code = document.createElement("code");
      const lines = script.split("\n");
      code.textContent = lines.slice(0, 2).join("\n") + (lines.length > 2 ? " …" : "");
      b.append(code);
      b.addEventListener("click", () => {
        if (editor) editor.set(script);
        else {
          area.value = script;
          area.dispatchEvent(new Event("input", { bubbles: true }));
        }
        dialog.close();
        editor?.focus();
      });
      li.append(b);
      return li;
    });
    if (items.length === 0) {
      const li = document.createElement("li");
      li.className = "muted";
      li.textContent = "Nothing yet. In the editor, Ctrl and the arrow keys up and down go through it.";
      items.push(li);
    }
    list.replaceChildren(...items);
    dialog.showModal();
  });
}

const known = new Map<string, Promise<string[]>>();

/** The names of the commands of the first chosen node, else of the first node there is. */
function commands(form: HTMLFormElement): Promise<string[]> {
  const box = form.querySelector<HTMLInputElement>('input[name="target"]:checked') ?? form.querySelector<HTMLInputElement>('input[name="target"]');
  if (!box) return Promise.resolve([]);
  const old = known.get(box.value);
  if (old) return old;
  const asked = fetch(`${form.dataset.commands}?${new URLSearchParams({ target: box.value })}`)
    .then((r) => (r.ok && !r.redirected ? (r.json() as Promise<string[]>) : []))
    .then((list) => {
      if (list.length === 0) known.delete(box.value); // asked again next time
      return list;
    })
    .catch(() => {
      known.delete(box.value);
      return [];
    });
  known.set(box.value, asked);
  return asked;
}
