// Bounds how many bytes a part of the page fetches in a minute, whatever somebody does with it.

/** Paid afterwards: a file's size is known only when it is here. */
export class ByteBudget {
  /**
   * @param {number} burst  bytes that may come at once
   * @param {number} perSecond  bytes that become free again
   */
  constructor(burst, perSecond) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
    this.at = Date.now();
  }

  /** @param {number} bytes */
  spend(bytes) {
    this.refill();
    this.left -= bytes;
  }

  /** Milliseconds until the next file may be fetched; 0 if that is now. */
  wait() {
    this.refill();
    return this.left > 0 ? 0 : Math.ceil((1000 * (1 - this.left)) / this.perSecond);
  }

  refill() {
    const now = Date.now();
    this.left = Math.min(this.burst, this.left + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
  }
}
