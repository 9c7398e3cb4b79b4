// Tests an image of the user's own: chosen, dropped or pasted.

import { makeBars } from "../../parts/probability_bars.js";
import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";
import { megabytes } from "../../words/numbers.js";
import { showPicture } from "../../parts/pixel_canvas.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Guess } from "../../server/protocol.js" */

const SIDE = 28;
const SCALE = 5;

/** @param {DataTransfer | null} data @returns {File | null} */
function pictureIn(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? data?.files[0] ?? null;
}

/** @param {Context} context */
export function showOwnImage({ store, command, api, bootstrap }) {
  const place = byId("own_image", HTMLFieldSetElement);
  const input = byId("imagefile", HTMLInputElement);
  const again = byId("buttontest", HTMLButtonElement);
  const back = byId("buttontraining", HTMLButtonElement);
  const status = byId("own_status", HTMLElement);
  const problem = byId("own_problem", HTMLElement);
  const result = byId("own_result", HTMLElement);
  const preview = byId("own_preview", HTMLCanvasElement);
  const bars = byId("own_bars", HTMLElement);
  const hint = status.textContent ?? "";
  /** @type {File | null} */
  let chosen = null;
  const name = () => chosen?.name || "Your image";
  const complain = complainIn(problem, (message) => `${name()}: ${message}`);

  /** Without an answer, nothing of an earlier one may stand. @param {{image: Uint8Array, top: Guess[]} | null} answer */
  const show = (answer) => {
    result.hidden = answer === null;
    bars.replaceChildren(...makeBars(answer?.top ?? [], store.state.session?.dataset.classes ?? [], null));
    if (answer) showPicture(preview, answer.image, SIDE, SIDE, SCALE);
    back.hidden = answer === null;
    setText(status, answer ? `${name()}: the layers below show it too.` : hint);
  };
  const test = async () => {
    const file = chosen;
    if (!file) return;
    const isNewest = () => file === chosen; // else another was chosen meanwhile
    const { image_bytes: most } = bootstrap.limits;
    const worked = await attempt({ busy: place, complain: (trouble) => isNewest() && complain(trouble) }, async () => {
      if (file.size > most) throw new Error(`This file is ${megabytes(file.size)} MB; the limit is ${megabytes(most)} MB.`);
      const answer = await api.predict(file);
      if (isNewest()) show(answer);
    });
    if (worked || !isNewest()) return;
    show(null);
    // The cards would go on showing the picture before; if this fails, its button comes back with them.
    if (store.state.layers?.source === "image") command({ type: "show_training" }).catch(() => undefined);
  };
  /** @param {File} file */
  const choose = (file) => {
    chosen = file;
    again.disabled = false;
    void test();
  };

  byId("buttonchoose", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) choose(file);
    input.value = ""; // so that the same file can be chosen again
  });
  again.addEventListener("click", () => void test());
  back.addEventListener("click", () => attempt({ complain }, () => command({ type: "show_training" })));

  takeDrops(place, choose);
  document.addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return; // text goes where it belongs
    event.preventDefault();
    choose(file);
  });

  // The server goes back to training examples by itself when the network changes.
  store.subscribe(["layers"], ({ layers }) => {
    if (!layers || back.hidden === (layers.source !== "image")) return;
    back.hidden = layers.source !== "image";
    if (back.hidden && !result.hidden) setText(status, `${name()}, as the network classified it then.`);
  });
}

/**
 * Accepts files dropped anywhere: otherwise one that misses would make the browser leave the page.
 * @param {HTMLElement} place  shows that a file can be dropped
 * @param {(file: File) => void} take
 */
function takeDrops(place, take) {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return; // text is dragged in the editor
    event.preventDefault();
    place.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) place.classList.remove("over"); // it left the window
  });
  document.addEventListener("drop", (event) => {
    place.classList.remove("over");
    const file = pictureIn(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
