// Checks that the page shows what is under way, and why it failed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt, complainIn, connectionIsBack, problemOf } from "../../../static/js/parts/attempt.js";
import { CommandError, OfflineError } from "../../../static/js/server/connection.js";

/** As much of an element as an attempt touches. */
class FakeElement {
  textContent = "";
  hidden = true;
  /** @type {Map<string, string>} */
  attributes = new Map();

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.attributes.delete(name);
  }

  get asElement() {
    return /** @type {HTMLElement} */ (/** @type {unknown} */ (this));
  }
}

test("the place is busy while the action runs, and no longer", async () => {
  for (const error of [null, new Error("no")]) {
    const button = new FakeElement();
    const problem = new FakeElement();
    /** @type {(string | undefined)[]} */
    const seen = [];
    await attempt({ busy: button.asElement, complain: complainIn(problem.asElement) }, async () => {
      seen.push(button.attributes.get("aria-busy"));
      if (error) throw error;
    });
    assert.deepEqual([seen, button.attributes.size], [["true"], 0]);
  }
});

test("a failure is told where it happened, and gone with the next success", async () => {
  const problem = new FakeElement();
  const place = { complain: complainIn(problem.asElement, (message) => `digit.png: ${message}`) };
  assert.equal(await attempt(place, () => Promise.reject(new Error("too large"))), false);
  assert.deepEqual([problem.textContent, problem.hidden], ["digit.png: too large", false]);
  assert.equal(await attempt(place, () => Promise.resolve()), true);
  assert.deepEqual([problem.textContent, problem.hidden], ["", true]);
});

test("an earlier complaint stays until the outcome of the next attempt", async () => {
  const problem = new FakeElement();
  const place = { complain: complainIn(problem.asElement) };
  await attempt(place, () => Promise.reject(new Error("first")));
  let during = "";
  await attempt(place, async () => {
    during = problem.textContent;
  });
  assert.equal(during, "first");
});

test("a problem keeps the place that the server named", async () => {
  /** @type {unknown[]} */
  const told = [];
  const named = { message: "unknown option", line: 3, column: 7 };
  const complain = (/** @type {unknown} */ problem) => void told.push(problem);
  await attempt({ complain }, () => Promise.reject(new CommandError(named)));
  await attempt({ complain }, () => Promise.resolve());
  assert.deepEqual(told, [named, null]);
  assert.deepEqual(problemOf("thrown as it is"), { message: "thrown as it is" });
});

test("what the lost connection caused is taken back with it, and nothing else", async () => {
  const [lost, refused, replaced] = [new FakeElement(), new FakeElement(), new FakeElement()];
  /** @param {FakeElement} element */
  const place = (element) => ({ complain: complainIn(element.asElement) });
  const offline = () => Promise.reject(new OfflineError("Not connected."));
  await attempt(place(lost), offline);
  await attempt(place(refused), () => Promise.reject(new CommandError({ message: "No." })));
  const twice = place(replaced);
  await attempt(twice, offline);
  await attempt(twice, () => Promise.reject(new Error("not a number")));
  assert.equal(lost.hidden, false);
  connectionIsBack();
  assert.deepEqual([lost, refused, replaced].map((each) => each.textContent), ["", "No.", "not a number"]);
  await attempt(place(lost), offline);
  connectionIsBack();
  assert.equal(lost.hidden, true);
});
