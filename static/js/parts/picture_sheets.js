// Fetches test images a sheet at a time, those on the screen first, and keeps them.

import { ByteBudget } from "./byte_budget.js";

/** @typedef {{width: number, height: number, pixels: Uint8Array}} Picture */

/**
 * @typedef {object} Hooks
 * @property {(data: string, indices: number[]) => Promise<Blob>} fetch  a sheet of these images of a data set
 * @property {(sheet: Blob, images: number) => Promise<Picture[]>} [cut]
 * @property {() => void} arrived  there are more pictures
 * @property {(error: unknown) => void} failed  there will be no more until something else is wanted
 */

const MOST_IN_SHEET = 100;
/** A minute of scrolling, however fast, fetches less than a megabyte. */
const BURST_BYTES = 180_000;
const BYTES_PER_SECOND = 11_500;
const MOST_KEPT = 20_000;

export class PictureSheets {
  /** @param {Hooks} hooks */
  constructor({ fetch, cut = cutSheet, arrived, failed }) {
    this.fetch = fetch;
    this.cut = cut;
    this.arrived = arrived;
    this.failed = failed;
    this.budget = new ByteBudget(BURST_BYTES, BYTES_PER_SECOND);
    this.data = "";
    /** @type {Map<number, Picture>} */
    this.kept = new Map();
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
    if (data !== this.data) this.kept.clear();
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
      const pictures = await this.cut(sheet, indices.length);
      if (data === this.data) this.keep(indices, pictures);
      this.fetching = false;
      this.arrived();
      void this.fetchNext();
    } catch (error) {
      this.fetching = false;
      this.wanted = { needed: [], spare: [] };
      this.failed(error);
    }
  }

  /** @param {number[]} indices @param {Picture[]} pictures */
  keep(indices, pictures) {
    for (const [at, index] of indices.entries()) this.kept.set(index, pictures[at]);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
  }

  /** @param {number[]} indices */
  missing(indices) {
    return indices.filter((index) => !this.kept.has(index));
  }
}

/** The images of a sheet, which stand one below the other. @param {Blob} sheet @param {number} images @returns {Promise<Picture[]>} */
async function cutSheet(sheet, images) {
  const bitmap = await createImageBitmap(sheet, { colorSpaceConversion: "none" });
  const { width } = bitmap;
  const height = bitmap.height / images;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const grays = Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
  return Array.from({ length: images }, (_, i) => ({ width, height, pixels: grays.slice(i * width * height, (i + 1) * width * height) }));
}
