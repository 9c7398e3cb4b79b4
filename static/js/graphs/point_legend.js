// The legend of a map of points: a button for each class, which hides and shows its points.

import { make } from "../parts/dom.js";
import { drawMark } from "./point_marks.js";

/** @import { PointCloud } from "./point_cloud.js" */

/** Side of a mark's picture, in CSS pixels. */
const SIDE = 14;

export class PointLegend {
  /** @param {HTMLElement} place @param {PointCloud} cloud */
  constructor(place, cloud) {
    this.place = place;
    this.cloud = cloud;
    this.built = "";
    this.all = make("button", { type: "button", class: "quiet" });
    this.all.addEventListener("click", () => this.showAll(cloud.hidden.size > 0));
    document.documentElement.addEventListener("themechange", () => this.drawMarks());
  }

  /** A button for each class that has points. @param {readonly number[]} labels  of the points */
  show(labels) {
    const { names } = this.cloud;
    const classes = [...new Set(labels)].sort((a, b) => a - b);
    const built = JSON.stringify([classes, names]);
    if (built === this.built) return;
    this.built = built;
    this.buttons = new Map(classes.map((label) => [label, this.makeButton(label, names[label] ?? String(label))]));
    this.place.replaceChildren(...this.buttons.values(), this.all);
    this.drawMarks();
    this.press();
  }

  /** @param {number} label @param {string} name */
  makeButton(label, name) {
    const button = make("button", { type: "button", class: "plane-class" }, make("canvas", {}), name);
    button.addEventListener("click", () => {
      const { hidden } = this.cloud;
      if (!hidden.delete(label)) hidden.add(label);
      this.press();
    });
    return button;
  }

  /** @param {boolean} all  or else none */
  showAll(all) {
    this.cloud.hidden = new Set(all ? [] : this.buttons?.keys());
    this.press();
  }

  /** Says what is shown. */
  press() {
    const { cloud } = this;
    for (const [label, button] of this.buttons ?? []) button.setAttribute("aria-pressed", String(!cloud.hidden.has(label)));
    this.all.textContent = cloud.hidden.size > 0 ? "show all" : "hide all";
    cloud.redraw();
  }

  drawMarks() {
    const density = window.devicePixelRatio || 1;
    for (const [label, button] of this.buttons ?? []) {
      const canvas = /** @type {HTMLCanvasElement} */ (button.firstElementChild);
      canvas.width = canvas.height = SIDE * density;
      const context = canvas.getContext("2d");
      context?.scale(density, density);
      if (context) drawMark(context, this.cloud.colors, label, SIDE / 2, SIDE / 2, SIDE * 0.36);
    }
  }
}
