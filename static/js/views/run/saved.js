// Says how far the run is saved on the server, and why nothing newer can be, or soon cannot.

import { byId, showText } from "../../parts/dom.js";
import { count } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */

/** @param {Context} context */
export function showSaved({ store }) {
  const note = byId("saved", HTMLElement);
  const trouble = byId("saved_trouble", HTMLElement);
  store.subscribe(["saved"], ({ saved }) => {
    const examples = saved?.examples ?? null;
    showText(note, examples === null ? "" : `Saved as of ${count(examples)} examples.`);
    showText(trouble, saved?.trouble ?? saved?.warning ?? "");
  });
}
