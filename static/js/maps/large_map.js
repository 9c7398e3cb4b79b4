// Shows one row of maps large, in a dialog, with the same values under the pointer and the arrow keys.

import { make, setText } from "../parts/dom.js";
import { title } from "../words/layer_text.js";
import { MapRow } from "./map_row.js";
import { readMaps } from "./map_reader.js";

/** @import { LayerMaps } from "../server/protocol.js" */
/** @import { MapColors } from "./map_colors.js" */
/** @import { Reading } from "./map_reader.js" */

const MAGNIFIED = 4;

export class LargeMap {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {MapColors} colors
   * @param {Pick<Reading, "say" | "look" | "pin">} reading
   */
  constructor(dialog, colors, reading) {
    this.dialog = dialog;
    this.colors = colors;
    this.heading = make("h2", { id: "h_map_large" });
    this.place = make("div", { class: "map-large-place" });
    const close = make("button", { type: "button", class: "primary" }, "close");
    close.addEventListener("click", () => dialog.close());
    // A tip outside the dialog would be under it.
    const tip = make("div", { class: "tip", hidden: true });
    dialog.replaceChildren(this.heading, this.place, make("div", { class: "buttons" }, close), tip);
    dialog.addEventListener("close", () => this.forget());
    /** @type {MapRow | null} */
    this.row = null;
    colors.onChange(() => this.row?.paint());
    readMaps(this.place, {
      ...reading, tip, rowOf: () => this.row ?? undefined,
      pin: (unit) => {
        dialog.close();
        reading.pin(unit);
      },
    });
  }

  /** @param {MapRow} shown  on a card */
  open({ name, layer, classes, map }) {
    if (!map) return;
    this.row = new MapRow(name, layer, classes, this.colors, MAGNIFIED);
    this.row.all = true;
    setText(this.heading, `layer ${layer.index}, ${title(layer)}`);
    this.place.replaceChildren(this.row.element);
    this.dialog.showModal();
    this.row.draw(map, this.place.clientWidth);
    this.row.painter.element.tabIndex = 0;
    this.row.painter.element.focus();
  }

  /** Newer pictures of some layer have come. @param {LayerMaps} maps */
  draw(maps) {
    if (this.row?.layer.index !== maps.index) return;
    const map = maps[this.row.name];
    if (map) this.row.draw(map, this.place.clientWidth);
  }

  forget() {
    this.row = null;
    this.place.replaceChildren();
  }
}
