// Compiles .ksy texts to Python with the Kaitai compiler's JavaScript package.
//
// Reads one JSON object on standard input: {"compiler": path of the package, "texts": {name: .ksy text}}.
// Writes one on standard output: {"files": {name: Python source}, "errors": {name: message}}.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// The YAML that our export writes (formats/kaitai/yaml.py), and nothing else: mappings, lists of mappings, JSON scalars.
function parseYaml(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const indent = line.length - line.trimStart().length;
    return { indent, text: line.slice(indent) };
  });
  const state = { lines, at: 0 };
  const tree = parseMapping(state, 0);
  if (state.at !== lines.length) throw new Error(`YAML: cannot read ${JSON.stringify(lines[state.at].text)}`);
  return tree;
}

function parseMapping(state, indent) {
  const tree = {};
  while (state.at < state.lines.length) {
    const line = state.lines[state.at];
    if (line.indent !== indent || line.text.startsWith("- ")) break;
    const found = /^("(?:[^"\\]|\\.)*"|[^"\s][^\s]*?):(?: (.*))?$/.exec(line.text);
    if (!found) throw new Error(`YAML: cannot read ${JSON.stringify(line.text)}`);
    const key = String(parseScalar(found[1]));
    if (key in tree) throw new Error(`YAML: ${key} occurs twice in one mapping`);
    state.at += 1;
    tree[key] = found[2] === undefined ? parseNested(state, indent) : parseScalar(found[2]);
  }
  return tree;
}

function parseNested(state, outer) {
  const line = state.lines[state.at];
  if (!line || line.indent <= outer) throw new Error("YAML: a key without a value");
  return line.text.startsWith("- ") ? parseList(state, line.indent) : parseMapping(state, line.indent);
}

function parseList(state, indent) {
  const items = [];
  while (state.at < state.lines.length) {
    const line = state.lines[state.at];
    if (line.indent !== indent || !line.text.startsWith("- ")) break;
    state.lines[state.at] = { indent: indent + 2, text: line.text.slice(2) };
    items.push(parseMapping(state, indent + 2));
  }
  return items;
}

function parseScalar(text) {
  if (/^["\[\-0-9]/.test(text) || text === "true" || text === "false") return exact(text);
  if (/^[a-z_][a-z0-9_-]*$/.test(text)) return text;
  throw new Error(`YAML: cannot read the value ${text}`);
}

// Numbers too large for JavaScript stay text, which the compiler takes for an expression.
function exact(text) {
  const value = JSON.parse(text);
  return typeof value === "number" && !Number.isSafeInteger(value) ? text : value;
}

const request = JSON.parse(readFileSync(0, "utf8"));
const compiler = createRequire(import.meta.url)(request.compiler);
const files = {};
const errors = {};
for (const [name, text] of Object.entries(request.texts)) {
  try {
    const made = await compiler.compile("python", parseYaml(text), null, false);
    files[name] = Object.values(made)[0];
  } catch (error) {
    errors[name] = String(error?.message ?? error);
  }
}
process.stdout.write(JSON.stringify({ files, errors }));
