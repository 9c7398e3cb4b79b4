// Shows all test images as the newest full test saw them: filtered, sorted, and each of them large.

import { attempt, complainIn, problemOf } from "../../parts/attempt.js";
import { byId, setText, showText } from "../../parts/dom.js";
import { fillImageCell, makeImageCell } from "../../parts/image_cell.js";
import { ImageQuestionForm, asQuery } from "../../parts/image_question.js";
import { LargeImage } from "../../parts/large_image.js";
import { PictureSheets } from "../../parts/picture_sheets.js";
import { VirtualGrid } from "../../parts/virtual_grid.js";
import { count } from "../../words/numbers.js";
import { foundText } from "../../words/test_images.js";

/** @import { Problem } from "../../parts/attempt.js" */
/** @import { Context, FoundImages, ImageQuestion } from "../../view_context.js" */

/** What a view needs that others can open; they come after it. @typedef {Pick<Context, "store" | "api">} Means */

/** @param {Means} means */
export function showTestBrowser(means) {
  return new TestBrowser(means);
}

class TestBrowser {
  /** @param {Means} means */
  constructor({ store, api }) {
    this.store = store;
    this.api = api;
    this.place = byId("test_browser", HTMLElement);
    this.box = byId("browser_grid", HTMLElement);
    this.opener = byId("browse_tests", HTMLButtonElement);
    this.newer = byId("browser_newer", HTMLButtonElement);
    this.complain = complainIn(byId("browser_problem", HTMLElement));
    this.form = new ImageQuestionForm(byId("browser_form", HTMLFieldSetElement), byId("browser_reset", HTMLButtonElement), () => void this.load({ top: true }));
    this.large = new LargeImage();
    this.pictures = new PictureSheets({
      fetch: (data, indices) => api.testPictures(data, indices),
      arrived: () => this.showPictures(),
      failed: (error) => this.missPictures(error),
    });
    this.grid = new VirtualGrid(this.box, {
      makeCell: makeImageCell,
      fill: (cell, at) => this.fill(cell, at),
      seen: (first, end) => this.fetchPictures(first, end),
      chosen: (at) => void this.enlarge(at),
      moved: (at) => this.large.index !== null && void this.enlarge(at),
    });
    /** What is shown, and what was asked for it. @type {FoundImages | null} */
    this.list = null;
    /** @type {ImageQuestion} */
    this.question = {};
    this.asked = 0;
    /** Where the focus returns to. @type {HTMLElement | null} */
    this.cameFrom = null;
    this.ranking = false;
    this.rankAgain = false; // there was a newer test meanwhile
    this.withoutPictures = false;
    this.newestTest = "";
    this.listen();
  }

  listen() {
    this.opener.addEventListener("click", () => (this.place.hidden ? void this.open({}) : this.close()));
    this.newer.addEventListener("click", () => {
      this.box.focus(); // the button is about to go
      void this.load({ top: false });
    });
    byId("browser_close", HTMLButtonElement).addEventListener("click", () => this.close());
    this.place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      if (this.large.index === null) this.close();
      else this.large.choose(null);
    });
    this.store.subscribe(["stats", "session"], () => this.notice());
  }

  /** See `Context`. @param {ImageQuestion} question */
  async open(question) {
    this.cameFrom = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.form.offer(this.classes);
    this.form.write(question);
    this.large.choose(null);
    this.place.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.box.focus({ preventScroll: true });
    await this.load({ top: true });
    this.place.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.place.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    (this.cameFrom?.isConnected ? this.cameFrom : this.opener).focus();
  }

  /** See `Context`. */
  get shown() {
    return this.large.index;
  }

  get classes() {
    return this.store.state.session?.dataset.classes ?? [];
  }

  // --- the list -------------------------------------------------------------------------------------

  /** Asks what the form says, of the newest test. @param {{top: boolean}} where  whether to begin at the top again */
  async load({ top }) {
    const number = ++this.asked;
    const question = this.form.read();
    const complain = (/** @type {Problem | null} */ problem) => number === this.asked && this.complain(problem);
    await attempt({ busy: this.place, complain }, async () => {
      const list = await this.api.testImages(asQuery(question));
      if (number !== this.asked) return; // something else was asked meanwhile
      this.withoutPictures = false;
      const before = this.list?.images[this.grid.active]?.index;
      const active = top ? 0 : Math.max(0, list.images.findIndex(({ index }) => index === before));
      Object.assign(this, { list, question });
      byId("browser_none", HTMLElement).hidden = list.found > 0;
      byId("browser_reset", HTMLButtonElement).hidden = list.found === list.tested;
      this.grid.show(list.images.length, { active, top });
      this.tell();
    });
  }

  /** Says what is shown, and whether there is something newer: that comes when the reader wants it. */
  tell() {
    const { list, question, classes } = this;
    if (!list) return;
    const { stats, run } = this.store.state;
    const earlier = list.run_id !== run;
    const test = stats?.test;
    setText(byId("browser_found", HTMLElement), foundText(list, question, classes) + (earlier ? ", in an earlier run" : ""));
    const isNewer = test && (earlier || test.at_examples > list.examples);
    showText(this.newer, isNewer ? `newer test, after ${count(test.at_examples)} examples: show` : "");
  }

  /** There may be another test. */
  notice() {
    const { stats, run, session } = this.store.state;
    const newest = `${run} ${stats?.test?.at_examples}`;
    if (this.place.hidden || !session || newest === this.newestTest) return;
    this.newestTest = newest;
    this.form.offer(this.classes);
    this.tell();
    if (!stats?.test) return;
    void this.rank();
    if (!this.list) void this.load({ top: true });
  }

  /** @param {HTMLElement} cell @param {number} at */
  fill(cell, at) {
    const image = this.list?.images[at];
    if (image) fillImageCell(cell, image, this.pictures.get(image.index), this.classes);
  }

  // --- pictures -------------------------------------------------------------------------------------

  /** The large one, those on screen and half a screen further, then those around. @param {number} first @param {number} end */
  fetchPictures(first, end) {
    const { list, large } = this;
    if (!list) return;
    const page = end - first;
    /** @param {number} from @param {number} to */
    const indices = (from, to) => list.images.slice(Math.max(0, from), to).map(({ index }) => index);
    const needed = indices(first, end + Math.ceil(page / 2));
    if (large.index !== null) needed.unshift(large.index);
    this.pictures.want(list.data, needed, [...indices(end, end + 2 * page), ...indices(first - page, first)]);
  }

  showPictures() {
    if (this.withoutPictures) this.complain(null);
    this.withoutPictures = false;
    this.grid.refill();
    this.drawLarge();
  }

  /** @param {unknown} error */
  missPictures(error) {
    this.withoutPictures = true;
    this.complain(problemOf(error));
  }

  // --- the large one --------------------------------------------------------------------------------

  /** @param {number} at  its place in the list */
  async enlarge(at) {
    const image = this.list?.images[at];
    if (!image) return;
    this.large.choose(image.index);
    this.drawLarge();
    this.grid.layout(); // its picture may still be wanted
    this.large.place.scrollIntoView({ block: "nearest" });
    await this.rank();
  }

  drawLarge() {
    if (this.large.index !== null) this.large.draw(this.pictures.get(this.large.index));
  }

  /** Shows the classes of the large one in the newest test: they move while the network learns. */
  async rank() {
    const { index } = this.large;
    this.rankAgain = this.ranking;
    if (index === null || this.ranking) return;
    this.ranking = true; // one at a time: arrow keys repeat faster than answers come
    const complain = (/** @type {Problem | null} */ problem) => problem && this.large.say(problem.message);
    await attempt({ complain }, async () => this.large.rank(await this.api.testImage(index), this.classes));
    this.ranking = false;
    if (this.rankAgain || this.large.index !== index) void this.rank();
  }
}
