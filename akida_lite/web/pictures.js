// From photographs and drawings to the pixels of a network, and from numbers to pictures.
const akidaLitePictures = (() => {
  "use strict";

  const { placed, usualOf } = akidaLiteDrawings;
  const FINE = 8; // canvas pixels across one pixel of the network, averaged by us

  function canvasOf(width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    return canvas;
  }

  /** Return how many channels a picture has for a model: 1, 3, or 0 where it reads none. */
  function colours({ shape }) {
    return shape[2] === 1 || shape[2] === 3 ? shape[2] : 0;
  }

  /** Return the middle of an image, video or canvas as the network's pixels. */
  function pixelsOf(source, model) {
    const [height, width, channels] = model.shape;
    const fine = canvasOf(width * FINE, height * FINE);
    const context = fine.getContext("2d", { willReadFrequently: true });
    const [w, h] = [source.videoWidth || source.width, source.videoHeight || source.height];
    const scale = Math.min(w / width, h / height);
    const [across, down] = [width * scale, height * scale];
    context.imageSmoothingQuality = "high";
    context.fillRect(0, 0, fine.width, fine.height);
    context.drawImage(source, (w - across) / 2, (h - down) / 2, across, down, 0, 0, fine.width, fine.height);
    const { data } = context.getImageData(0, 0, fine.width, fine.height);
    const grey = [0.299, 0.587, 0.114];
    const result = new Uint8Array(height * width * channels);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const mean = [0, 0, 0];
        for (let i = 0; i < FINE * FINE; i++) {
          const row = y * FINE + Math.floor(i / FINE);
          const pixel = 4 * (row * fine.width + x * FINE + (i % FINE));
          for (let c = 0; c < 3; c++) mean[c] += data[pixel + c] / (FINE * FINE);
        }
        const values = channels === 1 ? [mean.reduce((all, v, c) => all + v * grey[c], 0)] : mean;
        for (const value of values) result[at++] = toModel(value, model);
      }
    }
    return result;
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

  /** Draw the network's pixels, one canvas pixel each. */
  function drawPixels(canvas, pixels, model) {
    const [height, width, channels] = model.shape;
    canvas.width = width;
    canvas.height = height;
    const image = new ImageData(width, height);
    for (let position = 0; position < width * height; position++) {
      const values = pixels.subarray(position * channels, (position + 1) * channels);
      const mean = values.reduce((all, value) => all + value, 0) / channels;
      for (let c = 0; c < 3; c++) {
        const value = channels === 3 ? values[c] : mean;
        image.data[4 * position + c] = toScreen(value, model);
      }
      image.data[4 * position + 3] = 255;
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
   * `ink` is [r, g, b]; the strength of a pixel is its level.
   */
  function drawChannels(canvas, map, [height, width, channels], chosen, ink) {
    const flat = height * width === 1;
    // Neurons without a place become one square of dots.
    const columns = Math.ceil(Math.sqrt(flat ? channels : chosen.length));
    const rows = Math.ceil((flat ? channels : chosen.length) / columns);
    const gap = flat ? 0 : 1;
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
        const value = Math.abs(map[position * channels + channel]);
        if (value === 0) continue;
        const [x, y] = [left + (position % width), top + Math.floor(position / width)];
        image.data.set([...ink, 70 + (185 * value) / most], 4 * (y * canvas.width + x));
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

  return { adjusted, busiest, canvasOf, colours, drawChannels, drawPixels, pixelsOf, pixelsOfDrawing };
})();
