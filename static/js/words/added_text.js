// Says in a sentence how many pictures were added to the training data, and how the network does on them.

/** @import { AddedMessage } from "../server/protocol.js" */

/**
 * @param {number} pictures  how many there are
 * @param {AddedMessage | null} added  those that are trained on, and what they are taken for
 * @returns {string}  empty where there is nothing to say
 */
export function addedText(pictures, added) {
  if (pictures === 0) return "";
  const said = pictures === 1 ? "1 added picture" : `${pictures} added pictures`;
  if (!added || added.ids.length === 0) return said;
  const right = added.labels.filter((label, i) => label === added.guesses[i]).length;
  const which = added.ids.length === pictures ? "" : ` of the ${added.ids.length} that fit this data`;
  return `${said}: the network gets ${right}${which} right`;
}
