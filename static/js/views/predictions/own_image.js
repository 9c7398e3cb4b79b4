// Tests an image of the user's own: drawn, chosen, dropped or pasted.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";
import { Drawpad } from "../../parts/drawpad.js";
import { newestOnly } from "../../parts/newest_only.js";
import { OwnResult } from "../../parts/own_result.js";
import { pictureOf } from "../../parts/strokes.js";
import { megabytes } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */

/** @typedef {{name: string, file: Blob, drawn: boolean}} Picture */

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
  const hint = status.textContent ?? "";
  /** What is shown, or asked about. @type {Picture | null} */
  let own = null;
  const name = () => own?.name ?? "Your image";
  const complain = complainIn(byId("own_problem", HTMLElement), (message) => `${name()}: ${message}`);
  const classes = () => store.state.session?.dataset.classes ?? [];
  const result = new OwnResult(classes, (label) => void add(label));

  /** @param {Parameters<OwnResult["show"]>[0]} answer */
  const show = (answer) => {
    result.show(answer);
    back.hidden = answer === null;
    setText(status, answer ? `${name()}: the layers below show it too.` : hint);
  };
  const showNothing = () => {
    show(null);
    // The cards would go on showing the picture before; if this fails, its button comes back with them.
    if (store.state.layers?.source === "image") command({ type: "show_training" }).catch(() => undefined);
  };
  /** @param {Picture} picture @param {Element} [busy] */
  const test = async (picture, busy) => {
    const isNewest = () => picture === own; // else there was another meanwhile
    const { image_bytes: most } = bootstrap.limits;
    const worked = await attempt({ busy, complain: (trouble) => isNewest() && complain(trouble) }, async () => {
      const { size } = picture.file;
      if (size > most) throw new Error(`This file is ${megabytes(size)} MB; the limit is ${megabytes(most)} MB.`);
      const answer = await api.predict(picture.file);
      // Of a drawing that has gone on meanwhile this is still the newest that is known.
      if (isNewest() || (picture.drawn && own?.drawn)) show(answer);
    });
    if (!worked && isNewest()) showNothing();
  };
  const testDrawing = newestOnly(test);
  const pad = new Drawpad(
    byId("drawpad", SVGSVGElement),
    { undo: byId("buttonundo", HTMLButtonElement), clear: byId("buttonclear", HTMLButtonElement) },
    (strokes) => {
      if (strokes.length === 0 && !own?.drawn) return; // it gave way to a file
      complain(null);
      own = strokes.length > 0 ? { name: "Your drawing", file: pictureOf(strokes), drawn: true } : null;
      again.disabled = own === null;
      result.say("");
      if (own) void testDrawing(own);
      else showNothing();
    },
  );
  /** @param {File} file */
  const choose = (file) => {
    own = { name: file.name || "Your image", file, drawn: false };
    pad.clear();
    result.say("");
    again.disabled = false;
    void test(own, place);
  };
  /** @param {number} label */
  const add = async (label) => {
    const added = own;
    if (!added) return;
    const worked = await attempt({ busy: place, complain }, async () => {
      // Of a drawing, what is shown may be of a moment ago.
      const { image } = await api.predict(added.file);
      await api.addPicture(image, label);
    });
    if (!worked || added !== own) return;
    pad.finish();
    result.say(`It is now trained on, as ${classes()[label]}.`);
  };

  byId("buttonchoose", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) choose(file);
    input.value = ""; // so that the same file can be chosen again
  });
  again.addEventListener("click", () => own && void test(own, place));
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
    if (back.hidden && !result.isEmpty) setText(status, `${name()}, as the network classified it then.`);
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
