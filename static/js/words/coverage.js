// Says how many images the accuracies at a graph's point cover: the point does not carry it.

/**
 * By curve, for a point after so many examples: `NEWEST_EXAMPLES` and `validation_window` of engine/runs/,
 * to which a test holds this. A run that has just gone on from a checkpoint covers fewer, for a while.
 */
export const POINT_COVERS = {
  /** @param {number} examples */
  train_accuracy: (examples) => Math.min(examples, 1000),
  /** @param {number} examples */
  validation_accuracy: (examples) => Math.min(Math.floor(examples / 9), Math.max(Math.floor(examples / 36), 400), 2000),
};
