// Fetches test images a sheet at a time, those on the screen first, and keeps them.

import { ByteBudget } from "./byte_budget.js";

/**
 * Where a picture is in a sheet, whose pictures stand one below the other.
 * @typedef {object} Picture
 * @property {string} url  of the sheet
 * @property {HTMLImageElement} image  the same, decoded: what the browser draws backgrounds from as long as it is kept
 * @property {number} at  from the top
 * @property {number} width  in pixels
 * @property {number} height
 */

/** @typedef {Omit<Picture, "at">} Sheet */

/**
 * @typedef {object} Hooks
 * @property {(data: string, indices: number[]) => Promise<Blob>} fetch  a sheet of these images of a data set
 * @property {(sheet: Blob, images: number) => Promise<Sheet>} [open]
 * @property {() => void} arrived  there are more pictures
 * @property {(error: unknown) => void} failed  there will be no more until something else is wanted
 */

const MOST_IN_SHEET = 100;
/** A minute of scrolling, however fast, fetches less than a megabyte. */
const BURST_BYTES = 180_000;
const BYTES_PER_SECOND = 11_500;
const MOST_SHEETS = 250;

export class PictureSheets {
  /** @param {Hooks} hooks */
  constructor({ fetch, open = openSheet, arrived, failed }) {
    this.fetch = fetch;
    this.open = open;
    this.arrived = arrived;
    this.failed = failed;
    this.budget = new ByteBudget(BURST_BYTES, BYTES_PER_SECOND);
    this.data = "";
    /** @type {Map<number, Picture>} */
    this.kept = new Map();
    /** Those kept, oldest first. @type {{url: string, indices: number[]}[]} */
    this.sheets = [];
    /** @type {{needed: number[], spare: number[]}} */
    this.wanted = { needed: [], spare: [] };
    this.fetching = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Undefined while it is not here. @param {number} index */
  get(index) {
    return this.kept.get(index);
  }

  /**
   * What was wanted before is no longer, unless it is on its way.
   * @param {string} data  digest of the data set
   * @param {number[]} needed  indices of images that are looked at, or about to be
   * @param {number[]} spare  of those that may fill a sheet up
   */
  want(data, needed, spare) {
    if (data !== this.data) this.forget(0);
    this.data = data;
    this.wanted = { needed, spare };
    void this.fetchNext();
  }

  async fetchNext() {
    if (this.fetching) return;
    clearTimeout(this.timer);
    const needed = this.missing(this.wanted.needed);
    if (needed.length === 0) return;
    const wait = this.budget.wait();
    if (wait > 0) {
      this.timer = setTimeout(() => void this.fetchNext(), wait);
      return;
    }
    const indices = new Set([...needed, ...this.missing(this.wanted.spare)]);
    await this.fetchSheet([...indices].slice(0, MOST_IN_SHEET));
  }

  /** @param {number[]} indices */
  async fetchSheet(indices) {
    const { data } = this;
    this.fetching = true;
    try {
      const sheet = await this.fetch(data, indices);
      this.budget.spend(sheet.size);
      const opened = await this.open(sheet, indices.length);
      if (data === this.data) this.keep(indices, opened);
      this.fetching = false;
      this.arrived();
      void this.fetchNext();
    } catch (error) {
      this.fetching = false;
      this.wanted = { needed: [], spare: [] };
      this.failed(error);
    }
  }

  /** @param {number[]} indices @param {Sheet} sheet */
  keep(indices, sheet) {
    for (const [at, index] of indices.entries()) this.kept.set(index, { ...sheet, at });
    this.sheets.push({ url: sheet.url, indices });
    this.forget(MOST_SHEETS);
  }

  /** All but the newest. @param {number} most  of the sheets to keep */
  forget(most) {
    for (const { url, indices } of this.sheets.splice(0, Math.max(0, this.sheets.length - most))) {
      for (const index of indices) this.kept.delete(index);
      URL.revokeObjectURL(url);
    }
  }

  /** @param {number[]} indices */
  missing(indices) {
    return indices.filter((index) => !this.kept.has(index));
  }
}

/** Ready to be shown at once. @param {Blob} sheet @param {number} images @returns {Promise<Sheet>} */
async function openSheet(sheet, images) {
  const url = URL.createObjectURL(sheet);
  const image = new Image();
  image.src = url;
  await image.decode();
  return { url, image, width: image.naturalWidth, height: image.naturalHeight / images };
}

/**
 * Shows a picture of a sheet as an element's background. Dozens are drawn at once; as many canvases would take too long.
 * @param {HTMLElement} element
 * @param {Picture} picture
 * @param {number} side  of the picture, in CSS pixels; as many of a digit's pixels are whole ones
 */
export function showFromSheet(element, { url, at, width, height }, side) {
  const fit = side / Math.max(width, height);
  const scale = fit > 1 ? Math.floor(fit) : fit;
  Object.assign(element.style, {
    width: `${width * scale}px`, height: `${height * scale}px`,
    backgroundImage: `url("${url}")`, backgroundSize: `${width * scale}px auto`, backgroundPosition: `0 ${-at * height * scale}px`,
  });
}
