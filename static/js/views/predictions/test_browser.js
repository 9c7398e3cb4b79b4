// Shows all test images as the newest full test saw them: filtered, sorted, and each of them large.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText, showText } from "../../parts/dom.js";
import { ImageQuestionForm, asQuery } from "../../parts/image_question.js";
import { LargeImage } from "../../parts/large_image.js";
import { PictureSheets } from "../../parts/picture_sheets.js";
import { showPicture } from "../../parts/pixel_canvas.js";
import { VirtualGrid } from "../../parts/virtual_grid.js";
import { count, probability } from "../../words/numbers.js";
import { foundText, imageText, shortText } from "../../words/test_images.js";

/** @import { Context, FoundImages, ImageQuestion, TestBrowser } from "../../view_context.js" */

/** Of a picture in the grid, in CSS pixels, about. */
const SIDE = 48;

/** @param {Pick<Context, "store" | "api">} context @returns {TestBrowser} */
export function showTestBrowser({ store, api }) {
  const place = byId("test_browser", HTMLElement);
  const box = byId("browser_grid", HTMLElement);
  const opener = byId("browse_tests", HTMLButtonElement);
  const newer = byId("browser_newer", HTMLButtonElement);
  const complain = complainIn(byId("browser_problem", HTMLElement));
  const large = new LargeImage();
  /** @type {FoundImages | null} */
  let list = null;
  /** @type {HTMLElement | null} */
  let cameFrom = null;
  let asked = 0;

  const classes = () => store.state.session?.dataset.classes ?? [];
  const form = new ImageQuestionForm(byId("browser_form", HTMLFormElement), () => void load({ top: true }));
  const pictures = new PictureSheets({
    fetch: (data, indices) => api.testPictures(data, indices),
    arrived() {
      grid.refill();
      drawLarge();
    },
    failed: (error) => complain({ message: error instanceof Error ? error.message : String(error) }),
  });
  const grid = new VirtualGrid(box, {
    makeCell: () => make("div", { class: "test-image" }, make("canvas", { "aria-hidden": true }), make("span", { class: "test-image-text" }), make("span", { class: "test-image-share" })),
    fill, seen, chosen: (at) => void showLarge(at), moved: (at) => large.index !== null && void showLarge(at),
  });

  /** @param {HTMLElement} cell @param {number} at */
  function fill(cell, at) {
    const image = list?.images[at];
    if (!image) return;
    const [canvas, text, share] = cell.children;
    if (!(canvas instanceof HTMLCanvasElement && text instanceof HTMLElement && share instanceof HTMLElement)) return;
    const picture = pictures.get(image.index);
    canvas.style.visibility = picture ? "visible" : "hidden";
    if (picture && canvas.dataset.shown !== String(image.index)) {
      showPicture(canvas, picture.pixels, picture.width, picture.height, Math.max(1, Math.round(SIDE / picture.width)));
    }
    canvas.dataset.shown = picture ? String(image.index) : "";
    cell.dataset.right = String(image.truth === image.guess);
    cell.setAttribute("aria-label", imageText(image, classes()));
    setText(text, shortText(image, classes()));
    setText(share, probability(image.probability));
  }

  /** @param {number} first @param {number} end */
  function seen(first, end) {
    if (!list) return;
    const page = end - first;
    /** @param {number} from @param {number} to */
    const indices = (from, to) => list?.images.slice(Math.max(0, from), to).map(({ index }) => index) ?? [];
    const chosen = large.index === null ? [] : [large.index];
    pictures.want(list.data, [...indices(first, end + page / 2), ...chosen], [...indices(end, end + 2 * page), ...indices(first - page, first)]);
  }

  /** @param {{top: boolean}} where  whether to begin at the top again */
  async function load({ top }) {
    const number = ++asked;
    const question = form.read();
    await attempt({ busy: place, complain }, async () => {
      const found = await api.testImages(asQuery(question));
      if (number !== asked) return;
      const active = top ? 0 : Math.max(0, found.images.findIndex(({ index }) => index === list?.images[grid.active]?.index));
      list = found;
      setText(byId("browser_found", HTMLElement), foundText(list, question, classes()));
      byId("browser_none", HTMLElement).hidden = list.found > 0;
      byId("browser_reset", HTMLButtonElement).hidden = list.found === list.tested;
      grid.show(list.images.length, { active, top });
      tellNewer();
    });
  }

  /** @param {number} at  its place in the list */
  async function showLarge(at) {
    const image = list?.images[at];
    if (!image) return;
    large.choose(image.index);
    drawLarge();
    if (!pictures.get(image.index)) grid.layout();
    await rankLarge();
    large.place.scrollIntoView({ block: "nearest" });
  }

  function drawLarge() {
    if (large.index !== null) large.draw(pictures.get(large.index));
  }

  async function rankLarge() {
    const { index } = large;
    if (index !== null) await attempt({ complain }, async () => large.rank(await api.testImage(index), classes()));
  }

  function tellNewer() {
    const { stats, run } = store.state;
    const test = stats?.test;
    const isNewer = test && list && (list.run_id !== run || test.at_examples > list.examples);
    showText(newer, isNewer ? `newer test, after ${count(test.at_examples)} examples: show` : "");
  }

  /** @param {ImageQuestion} question @param {HTMLElement | null} from  where the focus returns to */
  function open(question, from) {
    cameFrom = from;
    form.offer(classes());
    form.write(question);
    large.choose(null);
    place.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    place.scrollIntoView({ block: "nearest" });
    box.focus({ preventScroll: true });
    return load({ top: true });
  }

  function close() {
    place.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    (cameFrom?.isConnected ? cameFrom : opener).focus();
  }

  opener.addEventListener("click", () => (place.hidden ? void open({}, opener) : close()));
  newer.addEventListener("click", () => {
    box.focus(); // the button is about to go
    void load({ top: false });
  });
  byId("browser_close", HTMLButtonElement).addEventListener("click", close);
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (large.index === null) close();
    else large.choose(null);
  });
  let testShown = "";
  store.subscribe(["stats", "session"], ({ stats, run, session }) => {
    const test = `${run} ${stats?.test?.at_examples}`;
    if (place.hidden || !session || !stats?.test || test === testShown) return;
    testShown = test;
    form.offer(classes());
    tellNewer();
    void rankLarge();
    if (!list) void load({ top: true });
  });

  return {
    open: (question) => open(question, document.activeElement instanceof HTMLElement ? document.activeElement : null),
    get shown() {
      return large.index;
    },
  };
}
