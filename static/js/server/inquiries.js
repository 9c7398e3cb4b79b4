// Asks the network about itself again and again, as long as somebody looks at the answer.

/** @import { Command } from "./protocol.js" */
/** @import { Store } from "../store.js" */

/**
 * What can be asked; the other side is server/protocol/inquiries.py.
 * @typedef {{about: "example"}
 *   | {about: "feature_map", known?: string}
 *   | {about: "layer_numbers", layer: number, history: number, after: number}
 *   | {about: "looks_for", layer: number, channel: number}
 *   | {about: "why" | "change", target?: number}
 *   | {about: "unit", layer: number, channel: number, y: number, x: number}} Inquiry
 */

/**
 * What every answer says: of which run it is, and how many steps that had made.
 * @typedef {{run_id: number, step: number} & Record<string, any>} InquiryAnswer
 */

/**
 * @typedef {object} Hooks
 * @property {Store} store
 * @property {(command: Command) => Promise<any>} command
 * @property {Element} element  what shows the answer: nothing is asked while it is off screen
 * @property {() => Inquiry | null} question  null where there is nothing to ask just now
 * @property {(answer: InquiryAnswer) => void} show
 * @property {(message: string) => void} fail  told why there is no answer; `show` follows when there is one
 * @property {number} [atLeastMs]  between two questions
 */

const AT_LEAST_MS = 100;

/** One question at a time, and another as soon as the network has moved since. */
export class LiveAnswer {
  /** @param {Hooks} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    this.onScreen = false;
    this.asking = false;
    this.stale = true;
    this.askedAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    new IntersectionObserver((entries) => {
      // Several where the page has scrolled since: the last one counts.
      this.onScreen = entries[entries.length - 1].isIntersecting;
      this.askSoon();
    }).observe(hooks.element);
    document.addEventListener("visibilitychange", () => this.askSoon());
    hooks.store.subscribe(["connection", "session", "stats", "layers"], () => this.again());
  }

  /** What is asked, or the network, has changed. */
  again() {
    this.stale = true;
    this.askSoon();
  }

  askSoon() {
    if (this.asking || !this.stale || !this.onScreen || document.hidden) return;
    clearTimeout(this.timer);
    const wait = this.askedAt + (this.hooks.atLeastMs ?? AT_LEAST_MS) - performance.now();
    if (wait > 0) this.timer = setTimeout(() => void this.ask(), wait);
    else void this.ask();
  }

  async ask() {
    const { store, command, question, show, fail } = this.hooks;
    const inquiry = question();
    if (!inquiry || this.asking || !this.onScreen || store.state.connection !== "open") return;
    this.asking = true;
    this.stale = false;
    this.askedAt = performance.now();
    try {
      const answer = await command({ type: "inspect", inquiry });
      // The page may show another run by now, or ask something else.
      const current = JSON.stringify(question()) === JSON.stringify(inquiry);
      if (answer.run_id === store.state.run && current) show(answer);
      else this.stale = true;
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.asking = false;
    }
    this.askSoon();
  }
}
