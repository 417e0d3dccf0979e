// Builds static/dist from static/src: "npm run build". The result depends on
// nothing but the sources and the pinned packages, and is committed.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const src = join(here, "src");
const dist = join(here, "dist");
const modules = join(here, "..", "node_modules");

/** Every rule of a theme comes from tokens.json, once: name: [light, dark]. */
async function tokens() {
  const all = Object.entries(JSON.parse(await readFile(join(src, "tokens.json"), "utf8")));
  const block = (theme) =>
    `color-scheme:${theme};` + all.map(([name, [light, dark]]) => `--${name}:${theme === "light" ? light : dark};`).join("");
  return [
    `:root{${block("light")}}`,
    `:root[data-theme="dark"]{${block("dark")}}`,
    `@media (prefers-color-scheme:dark){:root[data-theme="auto"]{${block("dark")}}}`,
    // Paper is light whatever the screen is.
    `@media print{:root[data-theme]{${block("light")}}}`,
  ].join("\n");
}

const tokensPlugin = {
  name: "tokens",
  setup(b) {
    b.onResolve({ filter: /^tokens$/ }, () => ({ path: "tokens.css", namespace: "tokens" }));
    b.onLoad({ filter: /.*/, namespace: "tokens" }, async () => ({ contents: await tokens(), loader: "css" }));
  },
};

/** The sprite holds the icons that views or scripts name, and our own shapes. */
async function sprite() {
  const used = new Set();
  const views = join(here, "..", "views");
  const texts = [];
  for (const dir of [views, src]) {
    for (const name of (await readdir(dir)).sort()) {
      if (/\.(templ|go|ts)$/.test(name) && !/_templ\.go$|_test\.go$/.test(name)) texts.push(await readFile(join(dir, name), "utf8"));
    }
  }
  for (const m of texts.join("\n").matchAll(/"([a-z0-9-]+-(?:12|16|20|24)-(?:regular|filled))"/g)) used.add(m[1]);
  const symbols = [];
  const symbol = (id, svg) => {
    const box = /viewBox="([^"]+)"/.exec(svg)[1];
    const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replaceAll(' fill="#212121"', "");
    symbols.push(`<symbol id="${id}" viewBox="${box}">${body.trim()}</symbol>`);
  };
  for (const id of [...used].sort()) {
    symbol(id, await readFile(join(modules, "@fluentui/svg-icons/icons", id.replaceAll("-", "_") + ".svg"), "utf8"));
  }
  for (const id of ["mark", "octagon"]) symbol(id, await readFile(join(src, "shapes", id + ".svg"), "utf8"));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const common = { bundle: true, minify: true, outdir: dist, target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning" };
await build({ ...common, entryPoints: [join(src, "app.ts"), join(src, "boot.ts")], format: "iife" });
await build({ ...common, entryPoints: [join(src, "chart.ts"), join(src, "console.ts")], format: "esm" });
await build({ ...common, entryPoints: [join(src, "app.css"), join(src, "console.css")], plugins: [tokensPlugin], external: ["inter.woff2"], target: "chrome120" });
await writeFile(join(dist, "icons.svg"), await sprite());
await copyFile(join(src, "shapes", "favicon.svg"), join(dist, "favicon.svg"));
await copyFile(join(modules, "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"), join(dist, "inter.woff2"));
await writeFile(join(dist, "licences.txt"), await licences());

/** Notices that must travel with what we ship. */
async function licences() {
  const parts = [];
  for (const [name, file] of [
    ["morphdom", "LICENSE"],
    ["uplot", "LICENSE"],
    // The editor of the console.
    ...["autocomplete", "commands", "language", "legacy-modes", "state", "view"].map((p) => ["@codemirror/" + p, "LICENSE"]),
    ...["common", "highlight", "lr"].map((p) => ["@lezer/" + p, "LICENSE"]),
    ...["@marijn/find-cluster-break", "crelt", "style-mod", "w3c-keyname"].map((p) => [p, "LICENSE"]),
    ["@fluentui/svg-icons", "LICENSE"],
    ["@fontsource-variable/inter", "LICENSE"],
  ]) {
    const { version, license } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8"));
    const text = await readFile(join(modules, name, file), "utf8").catch(() => "See https://opensource.org/license/mit. Copyright Microsoft Corporation.");
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return parts.join("\n" + "-".repeat(72) + "\n\n");
}

// The budget (docs/design.md): 40 KiB of script per page, 65 with charts, 20 of style;
// the console has an editor, and 150 and 5 more.
const size = async (name) => gzipSync(await readFile(join(dist, name)), { level: 9 }).length;
const script = (await size("app.js")) + (await size("boot.js"));
const chart = await size("chart.js");
const style = await size("app.css");
const editor = await size("console.js");
const editorStyle = await size("console.css");
console.log(`gzip bytes: script ${script}, with charts ${script + chart}, of the console ${editor}, style ${style}, of the console ${editorStyle}, icons ${await size("icons.svg")}`);
if (editor > 150 * 1024 || editorStyle > 5 * 1024 || script > 40 * 1024 || script + chart > 65 * 1024 || style > 20 * 1024) {
  console.error("over budget");
  process.exit(1);
}
