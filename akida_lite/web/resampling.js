// A picture of another size, with the integers of `akida-lite predict`: Pillow's bicubic filter
// in fixed point, over the middle of the picture that has the proportions asked for.
const akidaLiteResampling = (() => {
  "use strict";

  const BITS = 22; // of the fraction of a weight
  const REACH = 2; // of the filter, in pixels of the smaller of both pictures

  /** Return the rows of grey that Pillow makes of RGBA. */
  function greyOf(data) {
    const grey = new Uint8ClampedArray(data.length / 4);
    for (let at = 0, from = 0; at < grey.length; at++, from += 4) {
      grey[at] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
    }
    return grey;
  }

  /**
   * Return `channels` of each pixel of a picture in a new size, [height, width].
   * A pixel of `pixels` takes `step` bytes.
   */
  function resized(pixels, step, channels, [height, width], [toHeight, toWidth]) {
    const ratio = toWidth / toHeight;
    const wide = width / height >= ratio;
    const across = along(width, wide ? ratio * height : width, toWidth);
    const down = along(height, wide ? height : width / ratio, toHeight);
    const row = toWidth * channels;
    const narrow = new Uint8ClampedArray(height * row);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < toWidth; x++) {
        const { first, weights } = across[x];
        for (let c = 0; c < channels; c++) {
          narrow[y * row + x * channels + c] = sum(pixels, (y * width + first) * step + c, step, weights);
        }
      }
    }
    const result = new Uint8ClampedArray(toHeight * row);
    for (let y = 0; y < toHeight; y++) {
      const { first, weights } = down[y];
      for (let at = 0; at < row; at++) result[y * row + at] = sum(narrow, first * row + at, row, weights);
    }
    return result;
  }

  function sum(pixels, at, step, weights) {
    let all = 1 << (BITS - 1);
    for (let index = 0; index < weights.length; index++, at += step) {
      all = (all + Math.imul(pixels[at], weights[index])) | 0;
    }
    return all >> BITS;
  }

  /** Return, for each of `count` pixels along an axis, which pixels make it and their weights. */
  function along(size, kept, count) {
    // Pillow takes the ends of the part that is kept as 32-bit floats.
    const left = (size - kept) * 0.5;
    const [begin, end] = [Math.fround(left), Math.fround(left + kept)];
    const scale = Math.fround(end - begin) / count;
    const wide = Math.max(1, scale);
    return Array.from({ length: count }, (_, index) => {
      const centre = begin + (index + 0.5) * scale;
      const first = Math.max(0, Math.trunc(centre - REACH * wide + 0.5));
      const last = Math.min(size, Math.trunc(centre + REACH * wide + 0.5));
      const exact = Array.from({ length: last - first }, (_, x) => bicubic((x + first - centre + 0.5) * (1 / wide)));
      const all = exact.reduce((total, weight) => total + weight, 0);
      const fixed = exact.map((weight) => (weight / all) * (1 << BITS));
      return { first, weights: Int32Array.from(fixed, (weight) => Math.trunc(weight + (weight < 0 ? -0.5 : 0.5))) };
    });
  }

  /** Return the weight of a pixel that is so far away. */
  function bicubic(distance) {
    const x = Math.abs(distance);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
  }

  return { greyOf, resized };
})();
