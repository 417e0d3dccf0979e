// Parses PowerShell files with tree-sitter-powershell and prints what it could not
// parse, as JSON: [{"file","row","column","text"}]. Rows and columns count from 1.
// Usage: node parse.mjs file.ps1 …
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Language, Parser } from "web-tree-sitter";

const require = createRequire(import.meta.url);
await Parser.init();
const grammar = require.resolve("tree-sitter-powershell/tree-sitter-powershell.wasm");
const parser = new Parser();
parser.setLanguage(await Language.load(readFileSync(grammar)));

const errors = [];
for (const file of process.argv.slice(2)) {
  const tree = parser.parse(readFileSync(file, "utf8"));
  const visit = (node) => {
    if (node.isError || node.isMissing) {
      const { row, column } = node.startPosition;
      errors.push({ file, row: row + 1, column: column + 1, text: node.text.slice(0, 120) });
    } else if (node.hasError) {
      node.children.forEach(visit);
    }
  };
  visit(tree.rootNode);
}
console.log(JSON.stringify(errors));
