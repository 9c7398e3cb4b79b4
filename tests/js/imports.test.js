// Holds the page to one direction of imports: views know neither the connection nor each other.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
/** Lowest first: a wing imports itself and those on lines above it, none on its own line. */
const WINGS = [["words", "server", "theme_before_paint.js", "view_context.js"], ["store.js", "parts"], ["maps", "graphs"], ["views"], ["main.js"]];
/** What only main.js may bring together with the views. */
const WIRED_BY_MAIN = ["server", "store.js"];

const files = readdirSync(ROOT, { recursive: true }).map((name) => String(name).replaceAll("\\", "/")).filter((name) => name.endsWith(".js"));

/** A file's wing: its folder, or the file itself where it stands alone. @param {string} file */
function wingOf(file) {
  return file.split("/")[0];
}

/** @param {string} file */
function rankOf(file) {
  return WINGS.findIndex((wings) => wings.includes(wingOf(file)));
}

/** Modules that a file really imports; types in comments cost nothing. @param {string} file */
function imports(file) {
  const text = readFileSync(new URL(file, ROOT), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(/^import .*?from "(\..*?)";/gm)].map(([, from]) => new URL(from, new URL(file, ROOT)).href.slice(ROOT.href.length));
}

test("every file is on a wing", () => {
  assert.ok(files.length >= 30);
  for (const file of files) assert.ok(rankOf(file) >= 0, `${file} is on no wing`);
});

test("a file imports its own wing and those below", () => {
  for (const file of files) {
    for (const other of imports(file)) {
      const own = wingOf(other) === wingOf(file);
      assert.ok(own || rankOf(other) < rankOf(file), `${file} imports ${other}`);
    }
  }
});

test("views import neither what main.js wires nor each other", () => {
  for (const file of files.filter((name) => wingOf(name) === "views")) {
    for (const other of imports(file)) assert.ok(![...WIRED_BY_MAIN, "views"].includes(wingOf(other)), `${file} imports ${other}`);
  }
});

test("every file says in its first line why it exists, and stays short", () => {
  for (const file of files) {
    const lines = readFileSync(new URL(file, ROOT), "utf8").split("\n");
    assert.match(lines[0], /^\/\/ [A-Z].*[a-z,.:]/, file);
    assert.ok(lines.length <= 300, `${file} has ${lines.length} lines`);
  }
});
