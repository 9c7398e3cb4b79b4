// Says in plain words which data the network learns from, and how far a download is.

import { byId, setText } from "../../parts/dom.js";
import { count, megabytes } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { State } from "../../store.js" */

/** @param {State} state @returns {string} */
function wording({ dataset, session }) {
  const sizes = session?.dataset;
  const using = sizes
    ? `Data set: ${sizes.name}, ${count(sizes.train)} training, ${count(sizes.validation)} validation and ${count(sizes.test)} test images.`
    : "";
  switch (dataset?.state) {
    case "downloading": {
      const { received = 0, total } = dataset;
      const far = total ? `${megabytes(received)} of ${megabytes(total)} MB` : `${megabytes(received)} MB`;
      return `${using} The full ${dataset.name} data set is being downloaded (${far}); training switches to it once it is complete.`;
    }
    case "failed":
      return `${using} The full data set is not available; training continues on the built-in digits. ${dataset.message ?? ""}`;
    default:
      return dataset?.message ? `${using} ${dataset.message}` : using;
  }
}

/** @param {Context} context */
export function showDataset({ store }) {
  const place = byId("dataset", HTMLElement);
  const text = byId("dataset_text", HTMLElement);
  const progress = byId("dataset_progress", HTMLProgressElement);
  let spoken = "";
  store.subscribe(["dataset", "session"], (state) => {
    const { dataset } = state;
    place.dataset.state = dataset?.state ?? "unknown";
    // Only changes of state are read aloud, not every tick of a number.
    text.setAttribute("aria-live", place.dataset.state === spoken ? "off" : "polite");
    spoken = place.dataset.state;
    setText(text, wording(state).trim());
    const downloading = dataset?.state === "downloading";
    progress.hidden = !downloading;
    if (downloading && dataset.total) progress.value = (dataset.received ?? 0) / dataset.total;
    else progress.removeAttribute("value");
  });
}
