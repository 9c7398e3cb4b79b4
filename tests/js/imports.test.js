// Holds the page to one direction of imports: views know neither the socket nor each other.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
/** What only main.js may bring together. */
const WIRED_BY_MAIN = ["socket.js", "store.js", "api.js", "main.js"];

/** Modules that a file really imports; types in comments cost nothing. @param {string} path */
function imports(path) {
  const text = readFileSync(new URL(path, ROOT), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(/^import .*?from "(\..*?)";/gm)].map(([, from]) => new URL(from, new URL(path, ROOT)).href.slice(ROOT.href.length));
}

const files = readdirSync(ROOT).filter((name) => name.endsWith(".js"));
const views = readdirSync(new URL("views/", ROOT)).map((name) => `views/${name}`);

test("views import neither what main.js wires nor each other", () => {
  assert.ok(views.length >= 10);
  for (const view of views) {
    for (const other of imports(view)) assert.ok(!WIRED_BY_MAIN.includes(other) && !other.startsWith("views/"), `${view} imports ${other}`);
  }
});

test("helpers import no view, and nothing imports main.js", () => {
  for (const file of files.filter((name) => name !== "main.js")) {
    for (const other of imports(file)) assert.ok(!other.startsWith("views/") && other !== "main.js", `${file} imports ${other}`);
  }
});

test("every file says in its first line why it exists, and stays short", () => {
  for (const file of [...files, ...views]) {
    const lines = readFileSync(new URL(file, ROOT), "utf8").split("\n");
    assert.match(lines[0], /^\/\/ [A-Z].*[a-z,.:]/, file);
    assert.ok(lines.length <= 300, `${file} has ${lines.length} lines`);
  }
});
