// Keeps at most one request under way where only the newest answer matters.

/** Between the beginnings of two, so that whoever draws fast leaves time for training. */
const PAUSE_MS = 50;

/**
 * A function that hands its argument to `act`: at once, or when the one before is done, unless a
 * newer argument has come by then.
 * @template T
 * @param {(value: T) => Promise<unknown>} act  must not throw
 * @returns {(value: T) => Promise<void>}
 */
export function newestOnly(act) {
  let busy = false;
  /** @type {{value: T} | null} */
  let next = null;
  return async (value) => {
    next = { value };
    if (busy) return;
    busy = true;
    while (next) {
      const now = next.value;
      next = null;
      await Promise.all([act(now), new Promise((done) => setTimeout(done, PAUSE_MS))]);
    }
    busy = false;
  };
}
