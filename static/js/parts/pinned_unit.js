// Keeps which unit of the network somebody has pinned; whoever shows it is told when that changes.

/** A unit of a layer. @typedef {{layer: number, channel: number, y: number, x: number}} Unit */

export class PinnedUnit {
  constructor() {
    /** @type {Unit | null} */
    this.unit = null;
    /** @type {((unit: Unit | null) => void)[]} */
    this.listeners = [];
  }

  /** Calls the listener at every change. @param {(unit: Unit | null) => void} listener */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** @param {Unit | null} unit  null for none */
  pin(unit) {
    this.unit = unit;
    for (const listener of this.listeners) listener(unit);
  }
}
