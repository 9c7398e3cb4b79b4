// Outlines a unit in its layer's maps and the filter that made it, and what it is made of in the maps
// of the layer before and of the input.

import { boxOf, fieldsOf } from "./receptive_field.js";

/** @import { Unit } from "../parts/pinned_unit.js" */
/** @import { LayerInfo } from "../server/protocol.js" */
/** @import { LayerCard } from "./layer_card.js" */
/** @import { Mark } from "./map_outlines.js" */
/** @import { Box } from "./receptive_field.js" */

export class UnitMarks {
  /** @param {Map<number, LayerCard>} cards  by their layers' indices; whatever they are at the time */
  constructor(cards) {
    this.cards = cards;
    /** @type {Map<Mark, Map<number, Box>>} */
    this.boxes = new Map();
    /** @type {Map<Mark, Unit | null>} */
    this.units = new Map();
  }

  /** @param {Mark} mark @param {Unit | null} unit  null for none @param {LayerInfo[]} layers */
  show(mark, unit, layers) {
    /** @type {Map<number, Box>} */
    const boxes = new Map();
    if (unit) {
      const fields = fieldsOf(layers, unit);
      boxes.set(unit.layer, boxOf(unit));
      if (fields.length) boxes.set(unit.layer - 1, fields[0]).set(0, fields[fields.length - 1]);
    }
    this.boxes.set(mark, boxes);
    this.units.set(mark, unit);
    this.refresh();
  }

  /** Puts the outlines on the maps that there are now. */
  refresh() {
    for (const [mark, boxes] of this.boxes) {
      const unit = this.units.get(mark);
      for (const [index, card] of this.cards) {
        card.outline(mark, boxes.get(index) ?? null);
        card.outlineFilter(mark, unit?.layer === index ? unit.channel : null);
      }
    }
  }
}
