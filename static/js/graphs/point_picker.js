// Lets people pick points of a map: one under the pointer or by arrow keys, many with a lasso.

import { pointAfter } from "./point_search.js";

/** @import { PointCloud } from "./point_cloud.js" */

/**
 * @typedef {object} Hooks
 * @property {(point: number) => void} look  at a point; -1 for none
 * @property {(point: number) => void} pin
 * @property {(points: number[]) => void} select
 * @property {() => void} leave  Escape was pressed
 */

/** How near to a point the pointer has to be, in CSS pixels. A finger covers more. */
const NEAR = { mouse: 14, pen: 18, touch: 26 };
/** A shorter line is a click by an unsteady hand. */
const SHORTEST_LASSO = 12;

export class PointPicker {
  /** @param {PointCloud} cloud @param {Hooks} hooks */
  constructor(cloud, hooks) {
    this.cloud = cloud;
    this.hooks = hooks;
    /** Which pointer is down, if one is. @type {number | null} */
    this.pointer = null;
    const { canvas } = cloud;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => this.drop());
    canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && hooks.look(-1));
    canvas.addEventListener("keydown", (event) => this.type(event));
    canvas.addEventListener("blur", () => hooks.look(-1));
    this.drawByFinger(false);
  }

  /** Whether a finger draws a lasso; else it scrolls the page. @param {boolean} on */
  drawByFinger(on) {
    this.byFinger = on;
    this.cloud.canvas.style.touchAction = on ? "none" : "pan-y pinch-zoom";
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.pointer = event.pointerId;
    this.cloud.outline = [event.offsetX, event.offsetY];
    if (this.draws(event)) this.cloud.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  draws({ pointerType }) {
    return pointerType !== "touch" || this.byFinger;
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.pointer === event.pointerId && this.draws(event)) {
      this.cloud.outline.push(event.offsetX, event.offsetY);
      this.hooks.look(-1);
      this.cloud.redraw();
    } else if (event.pointerType !== "touch") {
      this.hooks.look(this.under(event));
    }
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (this.pointer !== event.pointerId) return;
    const { cloud, hooks } = this;
    if (lengthOf(cloud.outline) >= SHORTEST_LASSO) hooks.select(cloud.surrounded());
    else this.click(event);
    this.drop();
  }

  /** The first tap of a finger looks at a point, as it cannot hover; the second pins it. @param {PointerEvent} event */
  click(event) {
    const point = this.under(event);
    const looked = event.pointerType !== "touch" || point === this.cloud.cursor;
    this.hooks.look(point);
    if (looked && point >= 0) this.hooks.pin(point);
  }

  drop() {
    this.pointer = null;
    this.cloud.outline = [];
    this.cloud.redraw();
  }

  /** @param {PointerEvent} event */
  under({ offsetX, offsetY, pointerType }) {
    return this.cloud.near(offsetX, offsetY, NEAR[/** @type {keyof typeof NEAR} */ (pointerType)] ?? NEAR.mouse);
  }

  /** @param {KeyboardEvent} event */
  type(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { cloud, hooks } = this;
    const point = pointAfter(cloud.shown, cloud.isShown, cloud.cursor, event.key);
    if (point !== undefined) hooks.look(point);
    else if (event.key === "Enter" && cloud.cursor >= 0) hooks.pin(cloud.cursor);
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault(); // or else the page would scroll
  }

  escape() {
    if (this.pointer !== null) this.drop();
    else this.hooks.leave();
  }
}

/** Of a line through x and y of one point after the other. @param {readonly number[]} outline */
function lengthOf(outline) {
  let length = 0;
  for (let i = 2; i < outline.length; i += 2) length += Math.hypot(outline[i] - outline[i - 2], outline[i + 1] - outline[i - 1]);
  return length;
}
