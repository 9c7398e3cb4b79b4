// Shows the test image of the point that the cursor is on, with a word on it, beside that point.

import { setText } from "../parts/dom.js";
import { PictureSheets, showFromSheet } from "../parts/picture_sheets.js";

/** @import { PointCloud } from "./point_cloud.js" */

/** Of the picture, in CSS pixels. */
const SIDE = 84;
/** From the point, likewise. */
const APART = 14;

export class PointTip {
  /**
   * @param {HTMLElement} element  holds the picture's place, and that of the words
   * @param {PointCloud} cloud
   * @param {(data: string, indices: number[]) => Promise<Blob>} fetch  a sheet of test images
   */
  constructor(element, cloud, fetch) {
    this.element = element;
    this.cloud = cloud;
    const [picture, words] = /** @type {HTMLElement[]} */ ([...element.children]);
    this.picture = picture;
    this.words = words;
    this.index = -1;
    this.pictures = new PictureSheets({
      fetch,
      arrived: () => this.draw(),
      failed: (error) => console.info("pictures:", String(error)), // the words say which image it is
    });
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {string} data  digest of the data set
   * @param {number} index  of the test image
   * @param {number[]} others  whose pictures may come along with its own
   * @param {string} text
   */
  show(data, index, others, text) {
    this.element.hidden = false;
    this.index = index;
    setText(this.words, text);
    this.pictures.want(data, [index], others);
    this.draw();
    this.place();
  }

  draw() {
    const picture = this.pictures.get(this.index);
    this.picture.style.visibility = picture ? "visible" : "hidden";
    if (picture) showFromSheet(this.picture, picture, SIDE);
  }

  /** Beside the point, wherever that drifts, and within the map. */
  place() {
    const { element, cloud } = this;
    if (element.hidden) return;
    const [x, y] = cloud.placeOf(cloud.cursor);
    const { offsetWidth: width, offsetHeight: height } = element;
    const { clientWidth, clientHeight } = cloud.canvas;
    const left = x + APART + width > clientWidth ? x - APART - width : x + APART;
    element.style.left = `${Math.max(0, left)}px`;
    element.style.top = `${Math.min(Math.max(0, y - height / 2), clientHeight - height)}px`;
  }
}
