// Draws outlines over a map: the unit that somebody looks at, and what it is made of.

/** @import { MapPainter } from "./map_painter.js" */
/** @import { Box } from "./receptive_field.js" */

const SVG = "http://www.w3.org/2000/svg";

/** Why something is outlined: under the pointer, or pinned. @typedef {"hover" | "pinned"} Mark */

export class MapOutlines {
  /** @param {MapPainter} painter  of the map that is drawn over; its canvas is in the page */
  constructor(painter) {
    this.painter = painter;
    /** @type {SVGSVGElement | null} */
    this.element = null;
    /** @type {Map<Mark, Box[]>} */
    this.boxes = new Map();
  }

  /** @param {Mark} mark @param {Box[]} boxes  in the map's pixels, and pictures for channels */
  show(mark, boxes) {
    if (JSON.stringify(boxes) === JSON.stringify(this.boxes.get(mark) ?? [])) return;
    if (boxes.length) this.boxes.set(mark, boxes);
    else this.boxes.delete(mark);
    this.refresh();
  }

  /** Draws them anew: the map may have been laid out otherwise. */
  refresh() {
    if (this.boxes.size === 0) {
      this.element?.remove();
      this.element = null;
      return;
    }
    const canvas = this.painter.element;
    this.element ??= /** @type {SVGSVGElement} */ (document.createElementNS(SVG, "svg"));
    this.element.setAttribute("class", "map-outlines");
    this.element.setAttribute("aria-hidden", "true");
    Object.assign(this.element.style, {
      left: `${canvas.offsetLeft}px`, top: `${canvas.offsetTop}px`, width: canvas.style.width, height: canvas.style.height,
    });
    this.element.replaceChildren(...[...this.boxes].flatMap(([mark, boxes]) => this.draw(mark, boxes)));
    if (!this.element.isConnected) canvas.after(this.element);
  }

  /** A line in the focus color on a wider one that is seen on any map. @param {Mark} mark @param {Box[]} boxes */
  draw(mark, boxes) {
    const d = boxes.flatMap((box) => this.rectangles(box)).map(([x, y, width, height]) => `M${x} ${y}h${width}v${height}h${-width}z`).join("");
    return ["under", "over"].map((kind) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", d);
      path.setAttribute("class", `${mark} ${kind}`);
      return path;
    });
  }

  /** One for each picture that is drawn: left, top, width and height in CSS pixels. @param {Box} box */
  rectangles({ channels, rows, columns }) {
    const { layout, tiles, density } = this.painter;
    const [first, end] = tiles.color ? [0, 1] : channels;
    // A frame around each of many neurons would hide them.
    if (tiles.sx * tiles.sy === 1 && end - first >= tiles.count) return [[0, 0, layout.width / density, layout.height / density]];
    const size = (/** @type {[number, number]} */ [from, to]) => ((to - from) * layout.scale) / density;
    const found = [];
    for (let tile = first; tile < Math.min(end, tiles.count); tile++) {
      const left = (layout.xs[tile] + columns[0] * layout.scale) / density;
      const top = (layout.ys[tile] + rows[0] * layout.scale) / density;
      found.push([left, top, size(columns), size(rows)]);
    }
    return found;
  }
}
