// Lists the pictures that are trained on beside the data set, and says how well the network does on them.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText, showText } from "../../parts/dom.js";
import { showPicture } from "../../parts/pixel_canvas.js";
import { addedText } from "../../words/added_text.js";

/** @import { AddedPicture, Context } from "../../view_context.js" */
/** @import { State } from "../../store.js" */

const SIDE = 28;

/** For spectators. @param {Context} context */
export function showAddedSummary({ store }) {
  const summary = byId("added_summary", HTMLElement);
  store.subscribe(["session", "added"], (state) => showText(summary, textOf(state)));
}

/** @param {State} state */
function textOf({ session, added }) {
  return addedText(session?.added_pictures ?? 0, added);
}

/** For the owner. @param {Context} context */
export function showAddedPictures({ store, api }) {
  const place = byId("added", HTMLDetailsElement);
  const summary = byId("added_summary", HTMLElement);
  const list = byId("added_list", HTMLElement);
  const status = byId("added_status", HTMLElement);
  const putBack = byId("buttonputback", HTMLButtonElement);
  const complain = complainIn(byId("added_problem", HTMLElement));
  /** @type {AddedPicture[]} */
  let pictures = [];
  /** The session and its pictures that `pictures` are those of, as far as was told. */
  let known = "";
  /** @type {AddedPicture | null} */
  let removed = null;
  const nameOf = (/** @type {number} */ label) => store.state.session?.dataset.classes[label] ?? String(label);

  /** @param {string} now */
  const fetch = async (now) => {
    known = now;
    const worked = await attempt({ complain }, async () => {
      pictures = await api.listPictures();
    });
    if (!worked) known = ""; // the next message tries again
    else if (known === now) showList(store.state);
  };
  /** @param {AddedPicture} picture */
  const remove = (picture) => attempt({ busy: place, complain }, async () => {
    await api.removePicture(picture.id);
    removed = picture;
    setText(status, `A ${nameOf(picture.label)} was removed.`);
    putBack.hidden = false;
    putBack.focus();
  });
  putBack.addEventListener("click", () => attempt({ busy: place, complain }, async () => {
    if (removed) await api.addPicture(removed.image, removed.label);
    removed = null;
    setText(status, "");
    putBack.hidden = true;
  }));

  /** @param {State} state */
  const showList = (state) => {
    list.replaceChildren(...pictures.map((picture) => {
      const canvas = make("canvas", { role: "img", "aria-label": `a ${nameOf(picture.label)}` });
      showPicture(canvas, picture.image, SIDE, SIDE, 1.5);
      const button = make("button", { type: "button", class: "quiet", "aria-label": `remove this ${nameOf(picture.label)}` }, "remove");
      button.addEventListener("click", () => void remove(picture));
      return make("li", { "data-id": picture.id }, canvas, make("span", {}), button);
    }));
    showGuesses(state);
  };
  /** @param {State} state */
  const showGuesses = ({ added }) => {
    for (const [i, { id, label }] of pictures.entries()) {
      const item = /** @type {HTMLElement} */ (list.children[i]);
      const at = added?.ids.indexOf(id) ?? -1;
      const guess = added && at >= 0 ? added.guesses[at] : null;
      item.dataset.right = guess === null ? "" : String(guess === label);
      const said = guess === null || guess === label ? "" : `, taken for ${nameOf(guess)}`;
      setText(/** @type {HTMLElement} */ (item.children[1]), nameOf(label) + said);
    }
  };

  store.subscribe(["session", "added"], (state) => {
    const { session, added } = state;
    const count = session?.added_pictures ?? 0;
    place.hidden = count === 0 && removed === null;
    setText(summary, textOf(state));
    // Told of by a number or by their names, whichever comes first.
    const now = JSON.stringify([session?.session, count, added?.ids, added?.labels]);
    if (session && now !== known) void fetch(now);
    else showGuesses(state);
  });
}
