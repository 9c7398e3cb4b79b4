// A pad to draw on with mouse, pen or finger: the strokes as curves, with undo and clear.

import { PAD, curveOf } from "./strokes.js";

/** @import { Point, Stroke } from "./strokes.js" */

/** How many steps can be undone. */
const STEPS = 200;

export class Drawpad {
  /**
   * @param {SVGSVGElement} pad
   * @param {{undo: HTMLButtonElement, clear: HTMLButtonElement}} buttons
   * @param {(strokes: Stroke[]) => void} changed  called with what is drawn now, at every move
   */
  constructor(pad, { undo, clear }, changed) {
    this.pad = pad;
    this.buttons = { undo, clear };
    this.changed = changed;
    /** @type {Stroke[]} */
    this.strokes = [];
    /** What was drawn before each step. @type {Stroke[][]} */
    this.past = [];
    /** Whether the next stroke begins another drawing. */
    this.finished = false;
    /** @type {number | null} */
    this.pointer = null;
    pad.setAttribute("viewBox", `0 0 ${PAD} ${PAD}`);
    pad.addEventListener("pointerdown", (event) => this.begin(event));
    pad.addEventListener("pointermove", (event) => this.move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      pad.addEventListener(end, (event) => this.end(event));
    }
    undo.addEventListener("click", () => this.undo());
    clear.addEventListener("click", () => this.clear());
    this.show();
  }

  /** The drawing stays in sight, and gives way to the next. */
  finish() {
    this.finished = this.strokes.length > 0;
    this.show();
  }

  /** Takes away what is drawn, which can be undone. */
  clear() {
    this.pointer = null;
    if (this.strokes.length > 0) this.step([]);
  }

  undo() {
    this.pointer = null;
    this.draw(this.past.pop() ?? []);
  }

  /** @param {PointerEvent} event */
  begin(event) {
    // One at a time: neither a palm beside the pen nor a second button draws.
    if (this.pointer !== null || event.button !== 0) return;
    this.pointer = event.pointerId;
    this.pad.setPointerCapture(event.pointerId);
    this.step([...(this.finished ? [] : this.strokes), [this.pointOf(event)]]);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pointer) return;
    const moves = event.getCoalescedEvents();
    const stroke = this.strokes[this.strokes.length - 1];
    stroke.push(...(moves.length > 0 ? moves : [event]).map((each) => this.pointOf(each)));
    this.draw(this.strokes);
  }

  /** @param {PointerEvent} event */
  end(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  /** @param {Stroke[]} strokes */
  step(strokes) {
    this.past = [...this.past, this.strokes].slice(-STEPS);
    this.draw(strokes);
  }

  /** @param {Stroke[]} strokes */
  draw(strokes) {
    this.strokes = strokes;
    this.finished = false;
    this.show();
    this.changed(strokes);
  }

  show() {
    const { pad, buttons, strokes } = this;
    pad.toggleAttribute("data-finished", this.finished);
    pad.replaceChildren(...strokes.map((stroke) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", curveOf(stroke));
      return path;
    }));
    buttons.undo.disabled = this.past.length === 0;
    buttons.clear.disabled = strokes.length === 0;
  }

  /** Where on the pad, whose edge holds the pen. @param {PointerEvent} event @returns {Point} */
  pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.pad.getBoundingClientRect();
    /** @param {number} share */
    const inside = (share) => Math.round(10 * PAD * Math.min(Math.max(share, 0), 1)) / 10;
    return { x: inside((clientX - left) / width), y: inside((clientY - top) / height) };
  }
}
