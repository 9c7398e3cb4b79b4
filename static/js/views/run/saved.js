// Says how far the run is saved on the server, and when nothing newer can be.

import { byId, setText } from "../../parts/dom.js";
import { count } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */

/** @param {Context} context */
export function showSaved({ store }) {
  const note = byId("saved", HTMLElement);
  const trouble = byId("saved_trouble", HTMLElement);
  store.subscribe(["saved"], ({ saved }) => {
    const examples = saved?.examples ?? null;
    note.hidden = examples === null;
    setText(note, examples === null ? "" : `Saved as of ${count(examples)} examples.`);
    trouble.hidden = !saved?.trouble;
    setText(trouble, saved?.trouble ?? "");
  });
}
