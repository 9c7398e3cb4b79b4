// Says what one can do about a run that has failed: its loss became NaN, its process died, ...

/**
 * What to say and to offer; `told` is for spectators.
 * @typedef {{advice: string, button: string, told: string}} Ways
 */

/** By the kind of failure. @type {Record<string, Ways>} */
const WAYS = {
  diverged: {
    advice: "The last good weights are saved: go back to them and lower the learning rate before you resume, or restart.",
    button: "go back to the last good weights",
    told: "Its owner can go back to the last good weights or restart.",
  },
  died: {
    advice: "What the network has learned is saved.",
    button: "try again",
    told: "Its owner can try again.",
  },
  unreadable: {
    advice: "Nothing has been changed or removed: you can try again, or restart from the first weights.",
    button: "try again",
    told: "Its owner can try again or restart.",
  },
};

/**
 * The ways on from a failure; none where there are none but a restart.
 * @param {string | null | undefined} failure  the kind
 * @returns {Ways | undefined}
 */
export function waysOn(failure) {
  return WAYS[failure ?? ""];
}
