// Shows what a filter or a class looks for: the test images that excite it most, and a picture drawn for it.

import { byId, make, setText, showText } from "../../parts/dom.js";
import { bytesOf, drawPicture, patchOf } from "../../parts/sign_canvas.js";
import { title } from "../../words/layer_text.js";
import { count, trimmed } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { InquiryAnswer } from "../../server/inquiries.js" */
/** @import { State } from "../../store.js" */

const SOON_MS = 120;
/** Between a search that is done and the next. */
const REST_MS = 2500;
const SIDE = 64;

/** @param {Context} context */
export function showLooksFor({ store, liveAnswer, pinned }) {
  const place = byId("looks_for", HTMLDetailsElement);
  const layers = byId("looks_for_layer", HTMLSelectElement);
  const channels = byId("looks_for_channel", HTMLSelectElement);
  const problem = byId("looks_for_problem", HTMLElement);
  const result = byId("looks_for_result", HTMLElement);
  let offered = "";

  const live = liveAnswer({
    element: place,
    atLeastMs: SOON_MS,
    question: () => (place.open && layers.value !== "" ? { about: "looks_for", layer: Number(layers.value), channel: Number(channels.value) } : null),
    show(answer) {
      showText(problem, "");
      result.hidden = false;
      show(answer, store.state);
      live.hooks.atLeastMs = answer.done ? REST_MS : SOON_MS;
      // A paused network does not move, and yet there is more to find.
      if (!answer.done) live.again();
    },
    fail: (message) => showText(problem, message),
  });
  const ask = () => {
    live.hooks.atLeastMs = SOON_MS;
    live.again();
  };
  const offerChannels = () => {
    const layer = store.state.session?.layers[Number(layers.value)];
    const names = store.state.session?.dataset.classes ?? [];
    const ofClasses = layer && layer.index >= (store.state.session?.layers.length ?? 0) - 2 && layer.out[2] === names.length;
    channels.replaceChildren(...Array.from({ length: layer?.out[2] ?? 0 }, (_, i) => make("option", { value: i }, ofClasses ? `class ${names[i]}` : String(i))));
  };
  /** @param {number} layer @param {number} channel */
  const choose = (layer, channel) => {
    layers.value = String(layer);
    offerChannels();
    channels.value = String(channel);
    result.hidden = true;
    ask();
  };
  layers.addEventListener("change", () => choose(Number(layers.value), 0));
  channels.addEventListener("change", () => choose(Number(layers.value), Number(channels.value)));
  place.addEventListener("toggle", ask);
  byId("visnet", HTMLElement).addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-looks-for]");
    if (!(button instanceof HTMLElement)) return;
    place.open = true;
    choose(Number(button.dataset.looksFor), 0);
    place.scrollIntoView({ block: "nearest" });
    channels.focus();
  });
  pinned.onChange((unit) => {
    if (unit && unit.layer > 0) choose(unit.layer, unit.channel);
  });
  store.subscribe(["session"], ({ session }) => {
    const key = JSON.stringify(session?.layers.map((layer) => [layer.type, layer.out]));
    if (!session || key === offered) return;
    offered = key;
    layers.replaceChildren(...session.layers.slice(1).map((layer) => make("option", { value: layer.index }, `${layer.index}: ${title(layer)}`)));
    choose(session.layers[1].index, 0);
  });
}

/** @param {InquiryAnswer} answer @param {State} state */
function show(answer, { session }) {
  const names = session?.dataset.classes ?? [];
  const { searched, images, best, picture, value, drawn } = answer;
  const found = searched < images ? `The strongest of the first ${count(searched)} of ${count(images)} test images` : `The strongest of all ${count(images)} test images`;
  setText(byId("looks_for_found", HTMLElement), best.length > 0 ? `${found}, each with what is seen of it:` : "Searching…");
  byId("looks_for_best", HTMLElement).replaceChildren(...best.map((/** @type {any} */ one) => exciting(one, names)));
  const canvas = byId("looks_for_picture", HTMLCanvasElement);
  canvas.hidden = !picture;
  if (picture) drawPicture(canvas, bytesOf(picture), picture, 2 * SIDE);
  const none = drawn ? "Nothing excites it: no pixel makes a difference." : "drawing…";
  setText(byId("looks_for_value", HTMLElement), picture ? `excites it by ${trimmed(value, 4)}` : none);
}

/** @param {any} one @param {string[]} names */
function exciting({ index, label, value, image, field }, names) {
  const bytes = bytesOf(image);
  const words = `test image ${index}, true class ${names[label] ?? label}: ${trimmed(value, 4)}`;
  const canvases = [make("canvas", { role: "img", "aria-label": words })];
  const patch = patchOf(bytes, image, field);
  drawPicture(canvases[0], bytes, image, SIDE, patch ? field : undefined);
  if (patch) {
    canvases.unshift(make("canvas", { "aria-hidden": "true" }));
    drawPicture(canvases[0], patch.bytes, patch, SIDE);
  }
  return make("li", { title: words }, ...canvases, make("span", {}, `${names[label] ?? label} · ${trimmed(value, 4)}`));
}
