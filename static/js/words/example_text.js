// Says which example the cards show, in words and in the address.

import { count } from "./numbers.js";

/** @import { SessionMessage, Source } from "../server/protocol.js" */

/** As in a `layers` message. @typedef {{source: Source, index: number | null, pinned: boolean}} Shown */

/** @type {Record<Source, string>} */
const NAMES = { training: "training image", validation: "validation image", test: "test image", image: "your image" };

/** Whether two messages are of one example; the newest training examples count as one. @param {Shown} one @param {Shown} other */
export function sameExample(one, other) {
  return one.source === other.source && one.pinned === other.pinned && (!one.pinned || one.index === other.index);
}

/** How many images there are to choose from. @param {Source} source @param {SessionMessage["dataset"]} dataset */
export function imageCount(source, { train, validation, test }) {
  return { training: train, validation, test, image: 1 }[source];
}

/**
 * @param {Shown & {label: number | null}} shown
 * @param {SessionMessage["dataset"]} dataset
 */
export function exampleText({ source, index, pinned, label }, dataset) {
  const truth = label === null ? "" : dataset.classes[label] ?? String(label);
  if (source === "image") return NAMES.image;
  if (!pinned) return truth && `a training image of ${truth}`;
  return `${NAMES[source]} ${count(index)} of ${count(imageCount(source, dataset))}, truth ${truth}`;
}

/** What stands behind # in the address; empty for what has no place there. @param {Shown} shown */
export function fragmentOf({ source, index, pinned }) {
  return pinned && index !== null ? `#example=${source}:${index}` : "";
}

/** @param {string} fragment @returns {{source: Source, index: number} | null}  null where it names no example */
export function exampleIn(fragment) {
  const found = /^#example=(training|validation|test):(\d{1,9})$/.exec(fragment);
  return found && { source: /** @type {Source} */ (found[1]), index: Number(found[2]) };
}
