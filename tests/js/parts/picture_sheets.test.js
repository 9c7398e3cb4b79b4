// Checks what is fetched when: what is looked at first, nothing twice, and no more in a minute than it may.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteBudget } from "../../../static/js/parts/byte_budget.js";
import { PictureSheets } from "../../../static/js/parts/picture_sheets.js";
import { takeClock } from "../clock.js";

const SHEET = { width: 1, height: 1, url: "", image: /** @type {HTMLImageElement} */ ({}) };

/** Sheets of a server whose answers the test lets come. @param {number} bytes  of each */
function sheetsOf(bytes) {
  /** @type {{data: string, indices: number[], answer: () => Promise<void>, refuse: () => Promise<void>}[]} */
  const asked = [];
  const told = { arrived: 0, failed: 0 };
  const sheets = new PictureSheets({
    fetch: (data, indices) => new Promise((resolve, reject) => asked.push({
      data, indices,
      answer: async () => { resolve(new Blob([new Uint8Array(bytes)])); await settled(); },
      refuse: async () => { reject(new Error("no")); await settled(); },
    })),
    open: () => Promise.resolve(SHEET),
    arrived: () => { told.arrived += 1; },
    failed: () => { told.failed += 1; },
  });
  return { sheets, asked, told };
}

/** Whatever hangs on promises alone has happened. */
async function settled() {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** @param {number} from @param {number} end */
const range = (from, end) => Array.from({ length: end - from }, (_, i) => from + i);

test("what is needed comes first and fills its sheet up with what may be next", async () => {
  const { sheets, asked, told } = sheetsOf(1000);
  sheets.want("a", [7, 3], range(0, 300));
  assert.deepEqual(asked[0].indices, [7, 3, ...range(0, 300).filter((i) => i !== 3 && i !== 7)].slice(0, 100));
  await asked[0].answer();
  assert.equal(told.arrived, 1);
  assert.deepEqual(sheets.get(7), { ...SHEET, at: 0 });
  assert.deepEqual(sheets.get(3), { ...SHEET, at: 1 });
  assert.equal(sheets.get(200), undefined);
  sheets.want("a", [5, 7], range(0, 300));
  assert.equal(asked.length, 1, "all that is looked at is here");
  sheets.want("a", [5, 200], range(90, 210));
  assert.deepEqual(asked[1].indices, [200, ...range(100, 200), ...range(201, 210)].slice(0, 100));
});

test("one sheet at a time, and then what is wanted by then", async () => {
  const { sheets, asked } = sheetsOf(1000);
  sheets.want("a", [1], []);
  sheets.want("a", [2], []);
  sheets.want("a", [3], []);
  assert.equal(asked.length, 1);
  await asked[0].answer();
  assert.deepEqual(asked.map(({ indices }) => indices), [[1], [3]]);
});

test("images of another data set are others", async () => {
  const { sheets, asked } = sheetsOf(1000);
  sheets.want("a", [1], []);
  sheets.want("b", [1], []);
  await asked[0].answer();
  assert.equal(sheets.get(1), undefined);
  assert.deepEqual(asked.map(({ data }) => data), ["a", "b"]);
  await asked[1].answer();
  assert.ok(sheets.get(1));
});

test("a refusal is told once, and asked again only when something is wanted again", async () => {
  const { sheets, asked, told } = sheetsOf(1000);
  sheets.want("a", [1], []);
  await asked[0].refuse();
  assert.deepEqual([asked.length, told.failed], [1, 1]);
  sheets.want("a", [1], []);
  await asked[1].answer();
  assert.ok(sheets.get(1));
});

test("a minute of scrolling as fast as can be fetches less than a megabyte", async (t) => {
  const clock = takeClock(t);
  const size = 16_500; // of a hundred digits
  const { sheets, asked } = sheetsOf(size);
  let next = 0;
  let answered = 0;
  for (let tenth = 0; tenth < 600; tenth++) {
    sheets.want("a", range(next, next + 60), range(next + 60, next + 180));
    next += 60;
    for (; answered < asked.length; answered++) await asked[answered].answer();
    clock.tick(100);
  }
  assert.ok(asked.length * size < 1_000_000, `${asked.length} sheets`);
  assert.ok(asked.length * size > 800_000, `${asked.length} sheets`);
});

test("a budget is paid afterwards and becomes free again", (t) => {
  const clock = takeClock(t);
  const budget = new ByteBudget(1000, 100);
  budget.spend(900);
  assert.equal(budget.wait(), 0);
  budget.spend(600);
  assert.equal(budget.wait(), 5010);
  clock.tick(5010);
  assert.equal(budget.wait(), 0);
  clock.tick(1e6);
  budget.spend(1001);
  assert.ok(budget.wait() > 0, "no more than the burst is saved up");
});
