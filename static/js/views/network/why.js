// Shows why the network answers as it does: what speaks for a class, and the smallest change that makes it err.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText, showText } from "../../parts/dom.js";
import { makeBar } from "../../parts/probability_bars.js";
import { bytesOf, drawPicture, overDigit, sharesOf, signPlanes } from "../../parts/sign_canvas.js";
import { count, probability, trimmed } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { InquiryAnswer } from "../../server/inquiries.js" */

const EVERY_MS = 700;
const SIDE = 144;

/** @param {Context} context */
export function showWhy({ store, command, liveAnswer }) {
  const place = byId("why", HTMLDetailsElement);
  const choice = byId("why_class", HTMLSelectElement);
  const problem = byId("why_problem", HTMLElement);
  const names = () => store.state.session?.dataset.classes ?? [];

  const live = liveAnswer({
    element: place,
    atLeastMs: EVERY_MS,
    question: () => (place.open ? { about: "why", ...targetOf(choice) } : null),
    show(answer) {
      showText(problem, "");
      byId("why_result", HTMLElement).hidden = false;
      showReasons(answer, names());
    },
    fail: (message) => showText(problem, message),
  });
  choice.addEventListener("change", () => live.again());
  place.addEventListener("toggle", () => live.again());
  showChange({ store, command, names });
  let offered = "";
  store.subscribe(["session"], () => {
    if (names().join() === offered) return;
    offered = names().join();
    for (const select of [choice, byId("change_class", HTMLSelectElement)]) {
      const [first] = select.options;
      select.replaceChildren(first, ...names().map((name, i) => make("option", { value: i }, name)));
    }
  });
}

/** @param {HTMLSelectElement} choice @returns {{target?: number}} */
function targetOf({ value }) {
  return value === "" ? {} : { target: Number(value) };
}

/** @param {InquiryAnswer} answer @param {string[]} names */
function showReasons({ image, label, guess, target, probabilities, ink, occlusion }, names) {
  const digit = bytesOf(image);
  const name = (/** @type {number} */ index) => names[index] ?? index;
  const truth = label === null ? "" : label === guess ? ", which is right" : `; the truth is ${name(label)}`;
  const asked = target === guess ? "" : ` For ${name(target)} it has ${probability(probabilities[target])}.`;
  setText(byId("why_text", HTMLElement), `The network answers ${name(guess)} (${probability(probabilities[guess])})${truth}.${asked}`);
  drawPicture(byId("why_image", HTMLCanvasElement), digit, image, SIDE);
  drawPicture(byId("why_ink", HTMLCanvasElement), overDigit(sharesOf(ink), digit), ink, SIDE);
  drawPicture(byId("why_occlusion", HTMLCanvasElement), overDigit(sharesOf(occlusion), digit), occlusion, SIDE);
  setText(byId("why_ink_text", HTMLElement), `Its ink, pixel by pixel: red speaks for ${name(target)}, blue against it (${trimmed(ink.most, 3)} of the score at most)`);
  setText(byId("why_occlusion_text", HTMLElement), `Covered there by a gray square of 5x5: red where ${name(target)} gets less likely, blue where more (${trimmed(100 * occlusion.most, 3)} points at most)`);
}

/** @param {{store: Context["store"], command: Context["command"], names: () => string[]}} context */
function showChange({ store, command, names }) {
  const choice = byId("change_class", HTMLSelectElement);
  const button = byId("buttonchange", HTMLButtonElement);
  const result = byId("change_result", HTMLElement);
  const slider = byId("change_slider", HTMLInputElement);
  const text = byId("change_text", HTMLElement);
  const complain = complainIn(byId("change_problem", HTMLElement));
  /** @type {InquiryAnswer | null} */
  let found = null;

  const draw = () => {
    if (found) drawChange(found, Number(slider.value) / Number(slider.max), names());
  };
  const forget = () => {
    found = null;
    result.hidden = true;
    setText(text, "");
  };
  button.addEventListener("click", () => attempt({ busy: button, complain }, async () => {
    forget();
    const answer = await command({ type: "inspect", inquiry: { about: "change", ...targetOf(choice) } });
    const name = (/** @type {number} */ index) => names()[index] ?? index;
    if (answer.change === null) {
      const same = choice.value !== "" && Number(choice.value) === answer.guess;
      setText(text, same ? `The answer is ${name(answer.guess)} already.` : "No such change was found.");
      return;
    }
    found = answer;
    result.hidden = false;
    slider.value = slider.max;
    setText(text, `Changed by so little, the answer goes from ${name(answer.guess)} to ${name(answer.target)} (as of step ${count(answer.step)}):`);
    drawPicture(byId("change_map", HTMLCanvasElement), signPlanes(sharesOf(answer.change)), answer.change, SIDE);
    setText(byId("change_map_text", HTMLElement), `What is added: red lighter, blue darker, by ${trimmed(255 * answer.change.most, 3)} of 255 at most`);
    draw();
  }));
  slider.addEventListener("input", draw);
  let run = store.state.run;
  store.subscribe(["session"], () => {
    if (store.state.run !== run) forget();
    run = store.state.run;
  });
}

/** The image with a share of the change, and what the network takes that for. @param {InquiryAnswer} found @param {number} share @param {string[]} names */
function drawChange({ image, change, guess, target, before, after }, share, names) {
  const shares = sharesOf(change);
  const bytes = bytesOf(image).map((pixel, i) => Math.round(Math.min(255, Math.max(0, pixel + 255 * change.most * share * shares[i]))));
  drawPicture(byId("change_image", HTMLCanvasElement), bytes, image, SIDE);
  const stop = Math.round(share * (before.length - 1));
  byId("change_bars", HTMLElement).replaceChildren(
    makeBar({ class: guess, probability: before[stop] }, names, "open"),
    makeBar({ class: target, probability: after[stop] }, names, "wrong"),
  );
  byId("change_slider", HTMLInputElement).setAttribute("aria-valuetext", `${Math.round(share * 100)}% of the change: ${names[guess]} ${probability(before[stop])}, ${names[target]} ${probability(after[stop])}`);
}
