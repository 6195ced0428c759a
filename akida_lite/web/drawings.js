// From ink anywhere on a pad to the pixels of a network, placed as MNIST places its digits:
// scaled to one length, smoothed, its centre of mass where the samples have theirs.
const akidaLiteDrawings = (() => {
  "use strict";

  // MNIST's digits are 20 of 28 pixels long; a model without samples is fed like that.
  const USUAL = { share: 20 / 28, across: 0.5, down: 0.5 };

  /**
   * Return the share of ink in each pixel, 0 to 1, rows first; null where there is no ink.
   * `ink` holds the pad's, 0 to 255; `shape` is the field's [height, width].
   */
  function placed(ink, [padHeight, padWidth], [height, width], usual = USUAL) {
    const found = measured(ink, padHeight, padWidth);
    if (!found) return null;
    // Pad pixels across one pixel of the field, as many in both directions.
    const step = Math.max(found.height / (usual.share * height), found.width / (usual.share * width));
    const left = origin(found.centreX, usual.across * width, step, found.left, found.width, width);
    const top = origin(found.centreY, usual.down * height, step, found.top, found.height, height);
    const columns = overlaps(left, step, width, padWidth);
    const rows = overlaps(top, step, height, padHeight);
    const result = new Float64Array(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (const [row, rowShare] of rows[y]) {
          for (const [column, share] of columns[x]) sum += ink[row * padWidth + column] * rowShare * share;
        }
        result[y * width + x] = Math.min(1, sum / (255 * step * step));
      }
    }
    return result;
  }

  /** Return where the field begins on the pad: centres meet, as far as the ink stays inside. */
  function origin(centre, place, step, begin, length, size) {
    const [lowest, highest] = [begin + length - size * step, begin];
    return Math.min(highest, Math.max(lowest, centre - place * step));
  }

  /** Return for each pixel of the field the pad's pixels below it, and how much of each. */
  function overlaps(start, step, count, padSize) {
    return Array.from({ length: count }, (_, index) => {
      const [begin, end] = [start + index * step, start + (index + 1) * step];
      const pairs = [];
      for (let at = Math.max(0, Math.floor(begin)); at < Math.min(padSize, end); at++) {
        pairs.push([at, Math.min(at + 1, end) - Math.max(at, begin)]);
      }
      return pairs;
    });
  }

  /** Return the rectangle around all ink, and its centre of mass; null where there is none. */
  function measured(ink, height, width) {
    let [left, top, right, bottom] = [width, height, -1, -1];
    let [mass, across, down] = [0, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const amount = ink[y * width + x];
        if (amount === 0) continue;
        [left, top] = [Math.min(left, x), Math.min(top, y)];
        [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
        mass += amount;
        across += amount * (x + 0.5);
        down += amount * (y + 0.5);
      }
    }
    if (mass === 0) return null;
    const [centreX, centreY] = [across / mass, down / mass];
    return { left, top, width: right - left + 1, height: bottom - top + 1, centreX, centreY };
  }

  /** Return how samples of [height, width] place their ink, whose amount is above `low`. */
  function usualOf(samples, [height, width], low) {
    const all = samples
      .map((sample) => measured(Array.from(sample, (value) => Math.max(0, value - low)), height, width))
      .filter((found) => found);
    if (!all.length) return USUAL;
    const mean = (value) => all.reduce((sum, found) => sum + value(found), 0) / all.length;
    return {
      share: mean((found) => Math.max(found.width / width, found.height / height)),
      across: mean((found) => found.centreX / width),
      down: mean((found) => found.centreY / height),
    };
  }

  return { placed, usualOf };
})();
