// Shows the map of the test set: where the last hidden layer puts its images, while it learns.

import { byId, make, setText, showText } from "../../parts/dom.js";
import { makeSpeaker } from "../../parts/speech.js";
import { PointCloud } from "../../graphs/point_cloud.js";
import { PointLegend } from "../../graphs/point_legend.js";
import { PointPicker } from "../../graphs/point_picker.js";
import { PointTip } from "../../graphs/point_tip.js";
import { mapText, pointText, selectionText } from "../../words/feature_map.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Inquiry, InquiryAnswer } from "../../server/inquiries.js" */

/** Positions come as whole numbers up to this. */
const STEPS_TO_THE_EDGE = 1000;
/** "A few times a second". */
const AT_LEAST_MS = 200;
/** Points drift until the next answer is expected, though no longer than this. */
const LONGEST_DRIFT_MS = 1000;

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Context} context */
export function showFeatureMap(context) {
  new FeatureMap(context);
}

class FeatureMap {
  /** @param {Context} context */
  constructor({ store, api, liveAnswer, testBrowser, examples }) {
    this.store = store;
    this.examples = examples;
    this.testBrowser = testBrowser;
    this.place = byId("feature_map", HTMLDetailsElement);
    this.words = byId("plane_words", HTMLElement);
    this.problem = byId("plane_problem", HTMLElement);
    this.choice = byId("plane_choice", HTMLSelectElement);
    this.cloud = new PointCloud(byId("plane_canvas", HTMLCanvasElement), () => this.tip.place());
    this.tip = new PointTip(byId("plane_tip", HTMLElement), this.cloud, (data, indices) => api.testPictures(data, indices));
    this.legend = new PointLegend(byId("plane_legend", HTMLElement), this.cloud);
    this.picker = new PointPicker(this.cloud, {
      look: (point) => this.look(point),
      pin: (point) => this.pin(point),
      select: (points) => this.select(points),
      leave: () => this.leave(),
    });
    this.speak = makeSpeaker(byId("spoken", HTMLElement));
    /** Which test images the points are. @type {{data: string, indices: number[], labels: number[]} | null} */
    this.images = null;
    this.shownAt = -Infinity;
    this.answers = liveAnswer({
      element: this.place,
      question: () => this.question(),
      show: (answer) => this.show(answer),
      fail: (message) => showText(this.problem, message),
      atLeastMs: AT_LEAST_MS,
    });
    this.listen();
  }

  listen() {
    this.store.subscribe(["layers"], () => this.showPinned());
    this.place.addEventListener("toggle", () => this.answers.again());
    this.choice.addEventListener("change", () => this.choose());
    const finger = byId("plane_finger", HTMLInputElement);
    finger.addEventListener("change", () => this.picker.drawByFinger(finger.checked));
    byId("plane_browse", HTMLButtonElement).addEventListener("click", () => this.browse());
    byId("plane_clear", HTMLButtonElement).addEventListener("click", () => this.select([]));
  }

  /** @returns {Inquiry | null} */
  question() {
    if (!this.place.open) return null;
    return { about: "feature_map", ...(this.images && { known: this.images.data }) };
  }

  /** @param {InquiryAnswer} answer */
  show(answer) {
    const { data, images, x, y, guesses } = answer;
    const { session } = this.store.state;
    if (images) this.begin({ data, ...images });
    if (!this.images) return;
    showText(this.problem, "");
    this.cloud.names = session?.dataset.classes ?? [];
    const places = new Float32Array(2 * x.length);
    for (let i = 0; i < x.length; i++) {
      places[2 * i] = x[i] / STEPS_TO_THE_EDGE;
      places[2 * i + 1] = y[i] / STEPS_TO_THE_EDGE;
    }
    this.cloud.move({ places, labels: this.images.labels, guesses }, this.driftTime());
    this.legend.show(this.images.labels);
    this.offer();
    byId("plane_result", HTMLElement).hidden = false;
    byId("plane_none", HTMLElement).hidden = true;
    this.place.dataset.step = String(answer.step);
    setText(this.words, mapText(answer, x.length, session?.layers[answer.layer]));
    this.showTip();
    this.showSelection();
  }

  /** Other images: nothing that was picked among those before holds for them. @param {{data: string, indices: number[], labels: number[]}} images */
  begin(images) {
    this.images = images;
    this.cloud.forget();
    this.showPinned();
  }

  /** As long as from the last answer to this one, so that points are always on their way. */
  driftTime() {
    const now = performance.now();
    const since = now - this.shownAt;
    this.shownAt = now;
    return calm.matches || since > LONGEST_DRIFT_MS ? 0 : since;
  }

  // --- one point ------------------------------------------------------------------------------

  /** @param {number} point  -1 for none */
  look(point) {
    if (point === this.cloud.cursor) return;
    this.cloud.cursor = point;
    this.cloud.redraw();
    this.showTip();
    if (point >= 0) this.speak(this.tip.words.textContent ?? "");
  }

  /** The digit at the cursor, and what the network takes it for just now. */
  showTip() {
    const { images, cloud: { cursor, points: { guesses } } } = this;
    if (!images || cursor < 0) return this.tip.hide();
    const { data, indices, labels } = images;
    const text = pointText(indices[cursor], this.nameOf(labels[cursor]), this.nameOf(guesses[cursor]));
    return this.tip.show(data, indices[cursor], indices, text);
  }

  /** Has the layers' cards show this image from now on. @param {number} point */
  pin(point) {
    if (!this.images || !this.examples.possible) return;
    this.examples.pin("test", this.images.indices[point]);
    this.mark(point); // the cards tell of it themselves only while they are on the screen
  }

  /** Whoever pinned it, and wherever on the page. */
  showPinned() {
    const { layers } = this.store.state;
    const pinned = layers?.pinned && layers.source === "test" ? layers.index : null;
    this.mark(pinned === null ? -1 : (this.images?.indices.indexOf(pinned) ?? -1));
  }

  /** @param {number} point */
  mark(point) {
    if (point === this.cloud.pinned) return;
    this.cloud.pinned = point;
    this.cloud.redraw();
  }

  leave() {
    if (this.cloud.cursor >= 0) this.look(-1);
    else this.select([]);
  }

  /** @param {number} label */
  nameOf(label) {
    return this.cloud.names[label] ?? String(label);
  }

  // --- many points ----------------------------------------------------------------------------

  /** What can be selected without a pointer. */
  offer() {
    const classes = [...(this.legend.buttons?.keys() ?? [])];
    const key = JSON.stringify(classes.map((label) => this.nameOf(label)));
    if (this.choice.dataset.offered === key) return;
    this.choice.dataset.offered = key;
    this.choice.replaceChildren(
      make("option", { value: "" }, "select …"),
      make("option", { value: "wrong" }, "all that are mistaken"),
      ...classes.map((label) => make("option", { value: label }, `all of ${this.nameOf(label)}`)),
    );
  }

  choose() {
    const { labels, guesses } = this.cloud.points;
    const { value } = this.choice;
    /** @param {number} i */
    const fits = (i) => (value === "wrong" ? labels[i] !== guesses[i] : String(labels[i]) === value);
    const points = [...labels.keys()].filter((i) => this.cloud.isShown(i) && fits(i));
    this.select(points);
    this.choice.value = value;
  }

  /** @param {number[]} points */
  select(points) {
    this.cloud.selected = new Set(points);
    this.choice.value = "";
    this.cloud.redraw();
    this.showSelection();
  }

  showSelection() {
    const { selected, points: { labels, guesses } } = this.cloud;
    const chosen = [...selected];
    byId("plane_selection", HTMLElement).hidden = chosen.length === 0;
    const text = selectionText(chosen.map((i) => labels[i]), chosen.map((i) => guesses[i]), (label) => this.nameOf(label));
    setText(byId("plane_selected", HTMLElement), chosen.length ? text : "");
  }

  browse() {
    const { images } = this;
    if (images) void this.testBrowser.open({ indices: [...this.cloud.selected].map((i) => images.indices[i]) });
  }
}
