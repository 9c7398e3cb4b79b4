// Takes wishes to pin an example, wherever on the page they arise, to the view that carries them out.

/** @import { Source } from "../server/protocol.js" */

export class ExamplePins {
  constructor() {
    /** Who carries it out; nobody on a spectator's page. @type {((source: Source, index: number) => unknown) | null} */
    this.carryOut = null;
  }

  /** Whether examples can be pinned here. */
  get possible() {
    return this.carryOut !== null;
  }

  /** @param {(source: Source, index: number) => unknown} carryOut */
  onPin(carryOut) {
    this.carryOut = carryOut;
  }

  /** @param {Source} source @param {number} index */
  pin(source, index) {
    this.carryOut?.(source, index);
  }
}
