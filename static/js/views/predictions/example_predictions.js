// Shows test images with the network's guesses: four at a time, newest first, a bounded number.

import { makeBars } from "../../parts/probability_bars.js";
import { byId, make, setText } from "../../parts/dom.js";
import { accuracy, count } from "../../words/numbers.js";
import { showPicture } from "../../parts/pixel_canvas.js";

/** @import { Context } from "../../view_context.js" */
/** @import { PredictionItem, PredictionsMessage } from "../../server/protocol.js" */

const MOST_CARDS = 48;
/** Approximate side of a picture, in CSS pixels. */
const PICTURE_SIDE = 56;

/** @param {Context} context */
export function showPredictions({ store, examples }) {
  const place = byId("testset_vis", HTMLElement);
  const recent = byId("testset_acc", HTMLElement);
  const hold = byId("testset_hold", HTMLElement);
  let shownRound = -1;
  let shownRun = -1;
  let held = false;

  const show = () => {
    const { predictions, run, session } = store.state;
    if (run !== shownRun) {
      place.replaceChildren();
      shownRun = run;
      shownRound = -1;
    }
    if (held || !session) return;
    const classes = session.dataset.classes;
    const fresh = predictions.filter((message) => message.round > shownRound);
    // Oldest first, each in front of those before it.
    for (const message of fresh.reverse()) place.prepend(...makeCards(message, classes, examples));
    while (place.childElementCount > MOST_CARDS) place.lastElementChild?.remove();
    shownRound = predictions[0]?.round ?? shownRound;
  };
  /** @param {boolean} on */
  const setHeld = (on) => {
    held = on && place.childElementCount > 0;
    hold.hidden = !held;
    if (!held) show();
  };
  // A finger that scrolls past is not somebody looking.
  place.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && setHeld(true));
  // Nor is a picture that was clicked, though it has the focus.
  place.addEventListener("pointerleave", () => setHeld(place.parentElement?.querySelector("#testset_vis:focus-visible, #testset_vis :focus-visible") != null));
  place.addEventListener("focusin", ({ target }) => target instanceof Element && target.matches(":focus-visible") && setHeld(true));
  place.addEventListener("focusout", ({ relatedTarget }) => setHeld(relatedTarget instanceof Node && place.contains(relatedTarget)));
  goByKeys(place);

  store.subscribe(["predictions", "session"], show);
  store.subscribe(["stats"], ({ stats }) => {
    const images = stats?.test_recent_count || 200;
    setText(recent, `test accuracy based on last ${count(images)} test images: ${accuracy(stats?.test_accuracy_recent, images)}`);
  });
}

/** @param {PredictionsMessage} message @param {string[]} classes @param {Context["examples"]} examples */
function makeCards({ items, width, height }, classes, examples) {
  return items.map((item) => {
    const canvas = make("canvas", { role: "img", "aria-label": `test image of ${classes[item.label]}` });
    showPicture(canvas, item.pixels, width, height, Math.max(1, Math.round(PICTURE_SIDE / width)));
    const bars = make("ol", { class: "bars" }, ...makeBars(item.top, classes, item.label));
    const right = item.top[0]?.class === item.label;
    const picture = examples.possible ? pinButton(canvas, item, classes, examples) : canvas;
    const card = make("div", { class: "card", "data-right": String(right), "data-label": item.label }, picture, bars);
    const truth = missed(item, classes);
    if (truth) bars.append(make("li", { class: "bar-truth" }, truth));
    return card;
  });
}

/**
 * Its picture as a button that pins it. Reached with the arrow keys: there are too many for Tab.
 * @param {HTMLCanvasElement} canvas
 * @param {PredictionItem} item
 * @param {string[]} classes
 * @param {Context["examples"]} examples
 */
function pinButton(canvas, { index, label }, classes, examples) {
  const name = `test image ${count(index)}, ${classes[label]}: pin it, so that the layers show it while the network learns`;
  const button = make("button", { type: "button", class: "card-pin", tabindex: -1, "aria-label": name, title: "show this image in the layers while the network learns" }, canvas);
  button.addEventListener("click", () => examples.pin("test", index));
  return button;
}

/** Goes from picture to picture with the arrow keys. @param {HTMLElement} place */
function goByKeys(place) {
  place.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const buttons = [...place.querySelectorAll("button")];
    if (!step || buttons.length === 0) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))].focus();
  });
}

/** Names the truth where it is not among the guesses. @param {PredictionItem} item @param {string[]} classes */
function missed(item, classes) {
  if (item.top.some((guess) => guess.class === item.label)) return "";
  return `actually ${classes[item.label] ?? item.label}`;
}
