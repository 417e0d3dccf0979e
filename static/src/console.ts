// The console: loaded on its pages only. Without it forms are sent and the outcome
// is shown by the server; nothing streams then.
import { mount } from "./console_editor";
import { setUpForm } from "./console_form";
import { step } from "./console_past";
import { RunView } from "./console_run";

let view: RunView | null = null;

const section = document.getElementById("run");
const form = document.querySelector<HTMLFormElement>("form#console");

if (section?.dataset.run) {
  const targets = JSON.parse(section.dataset.targets ?? "[]") as { cluster: string; node: string }[];
  view = new RunView(section, section.dataset.run, targets);
}

if (form && section) {
  setUpForm(form, (s) => {
    view?.end();
    view = new RunView(section, s.id, s.targets);
    // The address is that of the run: loading it again, or sending it to somebody, shows it.
    history.pushState(null, "", s.address);
    if (section.getBoundingClientRect().top > innerHeight * 0.55) section.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  });
  addEventListener("popstate", () => location.reload());
}

const alone = document.querySelector<HTMLFormElement>("form#script-form");
if (alone) {
  const area = alone.querySelector<HTMLTextAreaElement>("#f-script");
  if (area) mount(area, { run: () => alone.requestSubmit(), commands: () => Promise.resolve([]), step });
  alone.querySelector<HTMLElement>(".problems")?.focus();
}
