// From photographs and drawings to the pixels of a network, and from numbers to pictures.
const akidaLitePictures = (() => {
  "use strict";

  const { placed, usualOf } = akidaLiteDrawings;
  const { greyOf, resized } = akidaLiteResampling;
  const MOST_PIXELS = 2 ** 24; // of a canvas; phones refuse larger ones

  function canvasOf(width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    return canvas;
  }

  /** Return the middle of an image, video or canvas as the network's pixels, those of `predict`. */
  function pixelsOf(source, model) {
    const [height, width, channels] = model.shape;
    const [w, h] = [source.videoWidth || source.width, source.videoHeight || source.height];
    const shrunk = Math.min(1, Math.sqrt(MOST_PIXELS / (w * h)));
    const canvas = canvasOf(Math.round(w * shrunk), Math.round(h * shrunk));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    // What is transparent shows white.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const [pixels, step] = channels === 1 ? [greyOf(data), 1] : [data, 4];
    const found = resized(pixels, step, channels, [canvas.height, canvas.width], [height, width]);
    return Uint8Array.from(found, (value) => toModel(value, model));
  }

  /** Return a drawing as the network's pixels, placed and sized as its samples are. */
  function pixelsOfDrawing(pad, model) {
    const { data, width, height } = pad
      .getContext("2d", { willReadFrequently: true })
      .getImageData(0, 0, pad.width, pad.height);
    const ink = Uint8Array.from({ length: width * height }, (_, index) => data[4 * index]);
    const usual = usualOf(model.samples, model.shape, model.range[0]);
    const shares = placed(ink, [height, width], model.shape, usual);
    const none = new Float64Array(model.shape[0] * model.shape[1]);
    return Uint8Array.from(shares || none, (share) => toModel(255 * share, model));
  }

  function toModel(value, { range: [low, high] }) {
    return Math.round(low + (Math.min(255, Math.max(0, value)) / 255) * (high - low));
  }

  function toScreen(value, { range: [low, high] }) {
    return ((value - low) / (high - low || 1)) * 255;
  }

  /** Draw what enters the network: a picture as it is, a line of values with a row for each channel. */
  function drawPixels(canvas, pixels, model) {
    const [height, width, channels] = model.shape;
    const positions = height * width;
    const line = Math.min(height, width) === 1;
    const size = positions === 1 ? [1, channels] : [channels, positions];
    [canvas.height, canvas.width] = line ? size : [height, width];
    const image = new ImageData(canvas.width, canvas.height);
    for (let at = 0; at < canvas.width * canvas.height; at++) {
      const first = line ? (at % positions) * channels + Math.floor(at / positions) : at * channels;
      const values = pixels.subarray(first, first + (line ? 1 : channels));
      const mean = values.reduce((all, value) => all + value, 0) / values.length;
      for (let c = 0; c < 3; c++) image.data[4 * at + c] = toScreen(model.picture && channels === 3 ? values[c] : mean, model);
      image.data[4 * at + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** Change pixels as the reader asks: brighter or darker, noisy, partly covered. */
  function adjusted(pixels, model, { brightness, noise, cover, coverX, coverY }) {
    const [height, width, channels] = model.shape;
    const [low, high] = model.range;
    const span = high - low;
    const side = Math.round(Math.min(height, width) * cover);
    const [left, top] = [Math.round((width - side) * coverX), Math.round((height - side) * coverY)];
    const random = generator();
    return pixels.map((value, index) => {
      const [x, y] = [Math.floor(index / channels) % width, Math.floor(index / channels / width)];
      // Drawn for every value, so that a cover that moves leaves the noise around it as it is.
      const drawn = random() + random() + random() - 1.5;
      if (x >= left && x < left + side && y >= top && y < top + side) return low + span / 2;
      const changed = value + brightness * span + noise * drawn * span;
      return Math.round(Math.min(high, Math.max(low, changed)));
    });
  }

  /** Return numbers between 0 and 1 that are the same at every call: xorshift of Marsaglia. */
  function generator() {
    let state = 2463534242;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
  }

  /**
   * Draw channels of a layer's map side by side; where nothing fires, nothing is drawn.
   * `inks` are two [r, g, b], above and below zero; the strength of a pixel is its level.
   */
  function drawChannels(canvas, map, [height, width, channels], chosen, inks) {
    const flat = height * width === 1;
    // Neurons without a place become one square of dots.
    const count = flat ? channels : chosen.length;
    const columns = Math.min(count, Math.ceil(Math.sqrt((count * height) / width)));
    const rows = Math.ceil(count / columns);
    const gap = Math.min(height, width) === 1 ? 0 : 1;
    canvas.width = Math.max(1, columns * (width + gap) - gap);
    canvas.height = Math.max(1, rows * (height + gap) - gap);
    const image = new ImageData(canvas.width, canvas.height);
    let most = 1;
    for (const value of map) if (Math.abs(value) > most) most = Math.abs(value);
    const cells = flat ? Array.from({ length: channels }, (_, index) => index) : chosen;
    for (const [cell, channel] of cells.entries()) {
      const left = (cell % columns) * (width + gap);
      const top = Math.floor(cell / columns) * (height + gap);
      for (let position = 0; position < height * width; position++) {
        const value = map[position * channels + channel];
        if (value === 0) continue;
        const [x, y] = [left + (position % width), top + Math.floor(position / width)];
        image.data.set([...inks[value < 0 ? 1 : 0], 70 + (185 * Math.abs(value)) / most], 4 * (y * canvas.width + x));
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return { columns, rows };
  }

  /** Return the channels of a map by how many of their neurons fire, the busiest first. */
  function busiest(map, [height, width, channels]) {
    const counts = new Uint32Array(channels);
    for (let index = 0; index < height * width * channels; index++) {
      if (map[index] !== 0) counts[index % channels]++;
    }
    return Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  }

  return { adjusted, busiest, canvasOf, drawChannels, drawPixels, pixelsOf, pixelsOfDrawing };
})();
