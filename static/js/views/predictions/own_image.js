// Tests an image of the user's own: chosen, dropped or pasted.

import { makeBars } from "../../parts/probability_bars.js";
import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";
import { megabytes } from "../../words/numbers.js";
import { showPicture } from "../../parts/pixel_canvas.js";

/** @import { Context } from "../../view_context.js" */

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
  /** @type {File | null} */
  let chosen = null;

  /** @param {File} file */
  const test = (file) => {
    const name = file.name || "Your image";
    return attempt({ busy: place, complain: complainIn(problem, (message) => `${name}: ${message}`) }, async () => {
      const { image_bytes: most } = bootstrap.limits;
      if (file.size > most) throw new Error(`This file is ${megabytes(file.size)} MB; the limit is ${megabytes(most)} MB.`);
      const { image, top } = await api.predict(file);
      showPicture(preview, image, SIDE, SIDE, SCALE);
      bars.replaceChildren(...makeBars(top, store.state.session?.dataset.classes ?? [], null));
      chosen = file;
      again.disabled = false;
      result.hidden = false;
      back.hidden = false;
      setText(status, `${name}: the layers below show it too.`);
    });
  };

  byId("buttonchoose", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) void test(file);
    input.value = ""; // so that the same file can be chosen again
  });
  again.addEventListener("click", () => chosen && void test(chosen));
  back.addEventListener("click", () => attempt({ complain: complainIn(problem) }, () => command({ type: "show_training" })));

  takeDrops(place, (file) => void test(file));
  document.addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return; // text goes where it belongs
    event.preventDefault();
    void test(file);
  });

  // The server goes back to training examples by itself when the network changes.
  store.subscribe(["layers"], ({ layers }) => {
    if (!layers || back.hidden === (layers.source !== "image")) return;
    back.hidden = layers.source !== "image";
    if (back.hidden) setText(status, `${chosen?.name || "Your image"}, as the network classified it then.`);
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
