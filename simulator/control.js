"use strict";
const $ = (id) => document.getElementById(id);
let kinds = [], state = null, shown = "";

function el(tag, props, ...children) {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
}

async function call(method, path, body) {
  const r = await fetch(path, { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body) });
  if (!r.ok) {
    const p = await r.json().catch(() => ({}));
    throw new Error(p.detail || r.statusText);
  }
  return r.status === 204 ? null : r.json();
}

let fade;
function say(text) {
  $("message").textContent = text;
  clearTimeout(fade);
  fade = setTimeout(() => { $("message").textContent = ""; }, 8000);
}

async function act(what, work) {
  try {
    await work();
    say(what);
    await refresh();
  } catch (e) {
    say(String(e.message || e));
  }
}

const inject = (spec) => act(`${spec.kind}: ${spec.target}`, () => call("POST", "/faults", spec));

function mood(n) {
  if (n.state === "Up" && n.statusInformation === "Normal") return n.winrm === "answers" ? "ok" : "warn";
  return n.state === "Down" || n.statusInformation !== "Normal" && n.state !== "Paused" ? "bad" : "warn";
}

function nodeCard(c, n) {
  const word = n.statusInformation === "Normal" ? n.state : n.statusInformation;
  const button = (text, kind, more) => el("button", { type: "button", onclick: () => inject({ kind, cluster: c.name, target: n.name, ...more }) }, text);
  return el("div", { className: "node " + mood(n) },
    el("h3", {}, n.name, " ", el("span", { className: "state " + mood(n) }, word)),
    el("p", {}, `${n.site || "no site"} · vote ${n.dynamicWeight} · ${n.roles} roles · ClusSvc ${n.service.toLowerCase()} · WinRM ${n.winrm}`),
    el("div", { className: "actions" },
      button("Crash", "node-down"), button("Isolate", "node-isolated"), button("Drain", "node-maintenance"), button("Stop vmms", "service-stopped", { service: "vmms" })));
}

function clusterCard(c, open) {
  const rows = c.roles.map((r) => el("tr", {}, ...[r.name, r.type, r.owner, r.statusInformation === "Normal" ? r.state : `${r.state}, ${r.statusInformation}`].map((t) => el("td", {}, t))));
  const head = el("tr", {}, ...["Role", "Type", "Owner", "State"].map((t) => el("th", { scope: "col" }, t)));
  const nets = c.networks.map((n) => `${n.name} ${n.state.toLowerCase()}`).join(", ");
  const details = el("details", { open }, el("summary", {}, `${c.roles.length} roles`), el("div", { className: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows))));
  details.dataset.cluster = c.name;
  return el("section", {},
    el("h2", {}, c.name, c.unwatched ? " (not watched) " : " ", el("span", { className: "state " + (c.quorum ? "ok" : "bad") }, c.quorum ? "has quorum" : "lost quorum")),
    el("p", { className: "facts" }, `Witness: ${c.witness || "none"}, vote ${c.witnessWeight} · Networks: ${nets} · Storage jobs: ${c.jobs}`),
    ...(c.practice ? [practice(c.practice)] : []),
    el("div", { className: "nodes" }, ...c.nodes.map((n) => nodeCard(c, n))), details);
}

// practice is what to type in LooksAlive to watch a cluster that is there for practising.
function practice(p) {
  const table = (head, rows) => el("div", { className: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((t) => el("th", { scope: "col" }, t)))),
    el("tbody", {}, ...rows.map((r) => el("tr", {}, ...r.map((t) => el("td", {}, t)))))));
  const code = (t) => el("code", {}, t);
  return el("div", { className: "practice" },
    el("p", {}, "LooksAlive does not watch this cluster yet. Practise adding it: Settings, Add a cluster, one of these addresses, one of these accounts."),
    table(["Node", "HTTPS", "HTTP, sealed"], p.nodes.map((n) => [n.node, code(n.https), code(n.http)])),
    table(["User", "Password", "May"], p.accounts.map((a) => [code(a.user), code(a.password), a.rights.join(", ")])),
    el("details", {}, el("summary", {}, "Certificate of the authority"), el("pre", {}, p.ca)));
}

function faultLine(f) {
  const params = Object.entries(f.params).filter(([, v]) => v !== "").map(([k, v]) => `${k} ${v}`).join(", ");
  return el("li", {},
    el("span", { className: "what" }, el("strong", {}, f.kind), ` on ${f.target} (${f.cluster})${params ? ": " + params : ""}${f.story ? " – by the story" : ""}, since ${new Date(f.since).toLocaleTimeString()}`),
    el("button", { type: "button", onclick: () => act(`cleared ${f.kind}`, () => call("DELETE", "/faults/" + encodeURIComponent(f.id))) }, "Clear"));
}

function draw() {
  const text = JSON.stringify({ ...state, now: "" });
  if (text === shown) return; // nothing to redraw: keep focus where it is
  shown = text;
  const open = new Set([...document.querySelectorAll("details[open]")].map((d) => d.dataset.cluster));
  $("active").replaceChildren(...(state.faults.length ? state.faults.map(faultLine) : [el("li", {}, "None. All is well, as far as the simulation goes.")]));
  $("clusters").replaceChildren(...state.clusters.map((c) => clusterCard(c, open.has(c.name))));
}

const chosen = () => kinds.find((k) => k.kind === $("kind").value);

function targetsOf(c, kind) {
  switch (kind) {
    case "node": return c.nodes.map((n) => n.name);
    case "network": return c.networks.map((n) => n.name);
    case "volume": return c.volumes.map((v) => v.name);
    case "drive": return c.drives.map((d) => d.serial);
    case "witness": return c.witness ? [c.witness] : [];
    default: return c.roles.flatMap((r) => r.resources.map((x) => x.name));
  }
}

function fillForm() {
  const c = state.clusters.find((x) => x.name === $("cluster").value), k = chosen();
  $("target").replaceChildren(...targetsOf(c, k.targetKind).map((t) => {
    const d = k.targetKind === "drive" && c.drives.find((x) => x.serial === t);
    return el("option", { value: t }, d ? `${t} (${d.node})` : t);
  }));
  $("about").textContent = k.description;
  $("params").replaceChildren(...(k.params || []).map((p) => {
    let field;
    if (p.choices || p.name === "node" || p.name === "user") {
      const list = p.choices || (p.name === "user" ? state.users : ["", ...c.nodes.map((n) => n.name)]);
      field = el("select", { name: p.name }, ...list.map((t) => el("option", { value: t }, t || "all")));
      field.value = p.default;
    } else {
      field = el("input", { name: p.name, type: typeof p.default === "number" ? "number" : "text", value: p.default });
      if (field.type === "number") Object.assign(field, { min: p.min ?? 0, max: p.max, step: "any", required: true });
    }
    return el("label", { title: p.description }, p.name, field);
  }));
}

async function refresh() {
  state = await call("GET", "/state");
  draw();
}

async function begin() {
  kinds = await call("GET", "/kinds");
  await refresh();
  $("cluster").replaceChildren(...state.clusters.map((c) => el("option", { value: c.name }, c.name)));
  $("kind").replaceChildren(...kinds.map((k) => el("option", { value: k.kind }, k.kind)));
  fillForm();
  $("cluster").addEventListener("change", fillForm);
  $("kind").addEventListener("change", fillForm);
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const spec = { kind: $("kind").value, cluster: $("cluster").value, target: $("target").value };
    for (const f of $("params").querySelectorAll("[name]")) spec[f.name] = f.type === "number" ? Number(f.value) : f.value;
    inject(spec);
  });
  setInterval(() => { if (!document.hidden) refresh().catch(() => say("The simulation does not answer.")); }, 1000);
}

begin().catch((e) => say(String(e.message || e)));
