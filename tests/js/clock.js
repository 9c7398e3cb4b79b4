// A clock that the test controls; node's own mock does not set Date in every version that builds the page.

/**
 * Takes the place of the global timers and of Date.now until the test ends.
 * @param {import("node:test").TestContext} t
 */
export function takeClock(t) {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const realNow = Date.now;
  let now = 1_000_000;
  let ids = 0;
  /** @type {Map<number, {at: number, every: number | null, call: () => void}>} */
  const timers = new Map();
  /** @param {() => void} call @param {number} delay @param {number | null} every */
  const add = (call, delay, every) => {
    timers.set(++ids, { at: now + delay, every, call });
    return ids;
  };
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ call, delay = 0) => add(call, delay, null),
    setInterval: (/** @type {() => void} */ call, delay = 0) => add(call, delay, delay),
    clearTimeout: (/** @type {number} */ id) => timers.delete(id),
    clearInterval: (/** @type {number} */ id) => timers.delete(id),
  });
  Date.now = () => now;
  t.after(() => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    Date.now = realNow;
  });
  return {
    /** Lets this many milliseconds pass, timer by timer. @param {number} milliseconds */
    tick(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (!next) break;
        const [id, timer] = next;
        now = timer.at;
        if (timer.every === null) timers.delete(id);
        else timer.at += timer.every;
        timer.call();
      }
      now = end;
    },
  };
}
