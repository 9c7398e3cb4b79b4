// Shows what the newest full test took for what, how well each class is told, and what was learned since an earlier test.

import { byId, make, setText } from "../../parts/dom.js";
import { copyFrom } from "../../parts/clipboard.js";
import { download } from "../../parts/download.js";
import { csvOf, svgOf } from "../../graphs/confusion.js";
import { ConfusionTable } from "../../graphs/confusion_table.js";
import { accuracy, count, signed } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Shown } from "../../graphs/confusion.js" */
/** @import { FullTest } from "../../store.js" */

/** @param {Context} context */
export function showConfusion({ store, testBrowser }) {
  const place = byId("confusion", HTMLDetailsElement);
  const choice = byId("confusion_before", HTMLSelectElement);
  const result = byId("confusion_result", HTMLElement);
  const status = byId("confusion_status", HTMLElement);
  const table = new ConfusionTable(byId("confusion_table", HTMLTableElement), byId("confusion_cell", HTMLElement), (truth, guess) => void testBrowser.open({ truth, guess, sort: "confidence" }));
  /** @type {FullTest | undefined} */
  let newest;
  let shownRun = -1;
  /** @type {number | null} */
  let wasCompared = null;
  /** @type {Shown | null} */
  let shown = null;

  const show = () => {
    const { points, run, session, compared } = store.state;
    if (run !== shownRun) newest = undefined;
    if (compared !== wasCompared && compared !== null) place.open = true; // it was chosen on the graph
    wasCompared = compared;
    shownRun = run;
    newest = points.tests.at(-1) ?? newest; // a cleared graph leaves it
    if (!place.open) return;
    result.hidden = !newest || !session;
    byId("confusion_none", HTMLElement).hidden = !result.hidden;
    if (!newest || !session) return;
    const earlier = points.tests.slice(0, -1).filter(isLike(newest));
    offer(choice, earlier);
    const before = earlier.find(({ examples }) => examples === compared) ?? null;
    choice.value = before ? String(before.examples) : "";
    shown = { title: titleOf(newest, before), classes: session.dataset.classes, counts: newest.confusion, before: before?.confusion ?? null };
    table.show(shown);
  };
  store.subscribe(["points", "session", "compared"], show);
  place.addEventListener("toggle", show);
  choice.addEventListener("change", () => store.compareWith(choice.value === "" ? null : Number(choice.value)));

  byId("confusion_csv", HTMLButtonElement).addEventListener("click", async ({ currentTarget: button }) => {
    if (!shown) return;
    const field = make("textarea", { class: "hidden-text", tabindex: -1, "aria-hidden": true });
    field.value = csvOf(shown);
    place.append(field);
    const copied = await copyFrom(field);
    field.remove();
    if (button instanceof HTMLElement) button.focus();
    setText(status, copied ? "Copied." : "The browser does not let this page copy.");
  });
  byId("confusion_svg", HTMLButtonElement).addEventListener("click", () => {
    if (!shown || !newest) return;
    const name = `confusion-${newest.examples}.svg`;
    download(svgOf(shown), "image/svg+xml", name);
    setText(status, `Saved as ${name}.`);
  });
}

/** Whether a test was of the same images: another data set may have come meanwhile. @param {FullTest} one */
function isLike(one) {
  return (/** @type {FullTest} */ other) => other.images === one.images && other.confusion.length === one.confusion.length;
}

/** Adds what is new at the end, so that an open list does not close. @param {HTMLSelectElement} choice @param {FullTest[]} tests */
function offer(choice, tests) {
  const offered = [...choice.options].slice(1);
  const same = offered.findIndex(({ value }, i) => value !== String(tests[i]?.examples));
  const kept = same < 0 ? offered.length : same;
  for (const option of offered.slice(kept)) option.remove();
  choice.append(...tests.slice(kept).map((test) => make("option", { value: test.examples }, `${count(test.examples)} examples (${accuracy(test.accuracy, test.images)})`)));
}

/** @param {FullTest} test @param {FullTest | null} before */
function titleOf({ examples, accuracy: share, images }, before) {
  if (!before) return `Full test after ${count(examples)} examples: ${accuracy(share, images)} of ${count(images)} images are right.`;
  const points = signed((share - before.accuracy) * 100, 2);
  return `From ${count(before.examples)} to ${count(examples)} examples: accuracy ${points} points, of ${count(images)} images.`;
}
