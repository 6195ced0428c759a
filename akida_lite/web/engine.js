// Runs an integer network as `akida_lite.engine.reference` defines it, event by event.
//
// This function refers to nothing outside itself: its text is also the program of the
// worker. What a network looks like comes from `akida_lite/web/describing.py`, which has
// worked out all shapes and margins.
function akidaLiteEngine(kernel) {
  "use strict";

  const BLOCK = 64; // weights in a row of the kernel
  const EVENT = 8; // bytes of an event in its memory
  const GROUP = 8; // channels that its depthwise step takes at a time
  const HIGHEST_INT16 = 32767;
  const SHORT_RUN = 10; // events between two widenings, below which pairs are quicker
  const LOWEST_INT32 = -(2 ** 31);
  const FIRST_UNIT = 0x4000; // what a script file writes 15 bits as, plus their value

  // -- from the text of a script to arrays ----------------------------------------------

  /** Return the bytes that a payload writes: 15 bits a character, or base64. */
  function bytesOf(payload) {
    if (payload.charCodeAt(0) < FIRST_UNIT) {
      return Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    }
    const bytes = new Uint8Array(Math.floor((payload.length * 15) / 8));
    let held = 0;
    let have = 0;
    let next = 0;
    for (let at = 0; at < payload.length; at++) {
      const unit = payload.charCodeAt(at) - FIRST_UNIT;
      if (unit < 0 || unit > HIGHEST_INT16) throw new Error(`character ${at} is none of ours`);
      held |= unit << have;
      for (have += 15; have >= 8; have -= 8) {
        bytes[next++] = held;
        held >>>= 8;
      }
    }
    return bytes;
  }

  /** Return the decompressed bytes; their checksum is checked on the way. */
  async function inflated(bytes) {
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const packed = new Blob([bytes.subarray(4, 4 + length)]);
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function unpacked(bytes, start, count, bits) {
    const values = new Int8Array(count);
    const raise = 32 - bits;
    let held = 0;
    let have = 0;
    for (let index = 0; index < count; index++) {
      if (have < bits) {
        held |= bytes[start++] << have;
        have += 8;
      }
      values[index] = (held << raise) >> raise;
      held >>>= bits;
      have -= bits;
    }
    return values;
  }

  /** Return the network of a payload; a damaged one rejects. */
  async function open(payload) {
    const bytes = await inflated(bytesOf(payload));
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    return network(header, bytes.subarray(4 + length));
  }

  // -- one network ----------------------------------------------------------------------

  function network(header, body) {
    const place = laidOut(header.layers);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(kernel));
    const { add, add_pairs: addPairs, list, multiply, staircase, memory } = instance.exports;
    const pages = Math.ceil(place.end / 65536) - 1;
    if (pages > 0) memory.grow(pages);
    const words = new Int32Array(memory.buffer);
    const bytes = new Uint8Array(memory.buffer);
    const starts = new Int32Array(place.positions + 1);
    const layers = header.layers.map((layer, index) => prepared(layer, place.layers[index]));

    function array(type, start, count) {
      const from = body.byteOffset + start;
      return new type(body.buffer.slice(from, from + count * type.BYTES_PER_ELEMENT));
    }

    /** Return a layer with its arrays in the kernel's memory, in the kernel's order. */
    function prepared(layer, at) {
      if (layer.kind === "InputData") return layer;
      const { weights, depthwise, output } = layer;
      const [count, filters, channels] = [layer.rows, layer.out[2], layer.shape[2]];
      const levels = highestOf(layer);
      const values = unpacked(body, weights.start, count * filters, weights.bits);
      for (let row = 0; row < count; row++) {
        for (let first = 0; first < filters; first += BLOCK) {
          const last = Math.min(first + BLOCK, filters);
          const part = values.subarray(row * filters + first, row * filters + last);
          bytes.set(part, at.rows + ((first / BLOCK) * count + row) * BLOCK);
        }
      }
      if (depthwise) {
        const taps = unpacked(body, depthwise.start, depthwise.count, depthwise.bits);
        for (let tap = 0; tap * channels < taps.length; tap++) {
          const part = taps.subarray(tap * channels, (tap + 1) * channels);
          bytes.set(part, at.depthwise + tap * upTo(channels, GROUP));
        }
      }
      if (levels) {
        const thresholds = array(Int32Array, output.thresholds, filters * levels);
        const width = upTo(filters, BLOCK);
        for (let index = 0; index < thresholds.length; index++) {
          const [filter, level] = [Math.floor(index / levels), index % levels];
          words[at.thresholds / 4 + level * width + filter] = thresholds[index];
        }
      }
      return {
        ...layer,
        ...at,
        levels,
        width: upTo(filters, BLOCK),
        stride: count * BLOCK,
        limit: 2 ** (weights.bits - 1) - 1,
        scale: levels ? null : array(Float64Array, output.scale, filters),
        offset: levels ? null : array(Float64Array, output.offset, filters),
      };
    }

    /** Write the events of a map of 32-bit levels that is in the kernel's memory. */
    function listEvents(levels, positions, channels, highest) {
      const step = upTo(channels, GROUP);
      let next = place.events;
      for (let position = 0; position < positions; position++, levels += step * 4) {
        starts[position] = next;
        next =
          highest > HIGHEST_INT16
            ? listInParts(levels / 4, channels, next)
            : list(levels, channels, next);
      }
      starts[positions] = next;
    }

    /** Do what `list` does, with sums beyond 16 bits as several events. */
    function listInParts(from, channels, at) {
      for (let channel = 0; channel < channels; channel++) {
        let left = words[from + channel];
        while (left !== 0) {
          const level = Math.max(-HIGHEST_INT16, Math.min(left, HIGHEST_INT16));
          words.set([channel * BLOCK, level], at / 4);
          left -= level;
          at += EVENT;
        }
      }
      return at;
    }

    /** Copy a map to where positions begin at multiples of `GROUP` channels. */
    function placeMap(values, target, [height, width, channels]) {
      const step = upTo(channels, GROUP);
      if (step === channels) return target.array.set(values, target.at);
      for (let position = 0; position < height * width; position++) {
        const part = values.subarray(position * channels, (position + 1) * channels);
        target.array.set(part, target.at + position * step);
      }
    }

    /** Add the rows of all events that each output position sees. */
    function addRows(layer, view, highest) {
      const [height, width, channels] = view.shape;
      const [down, right] = layer.map;
      listEvents(view.levels, height * width, channels, highest);
      // Outside of the map every position reads the same; so do its events.
      for (let channel = 0; view.outside && channel < channels; channel++) {
        words.set([channel * BLOCK, view.outside], place.outside / 4 + 2 * channel);
      }
      const run = Math.floor(HIGHEST_INT16 / (layer.limit * Math.max(highest, 1)));
      const addAll = run >= SHORT_RUN ? add : addPairs;
      const blocks = layer.width / BLOCK;
      const taps = channels * BLOCK;
      const size = layer.width * 4;
      words.fill(0, place.sums / 4, (place.sums + down * right * size) / 4);
      let sums = place.sums;
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < right; x++, sums += size) {
          let rows = layer.rows;
          for (let i = 0; i < view.window[0]; i++) {
            const row = y * view.strides[0] - view.margins[0] + i;
            for (let j = 0; j < view.window[1]; j++, rows += taps) {
              const column = x * view.strides[1] - view.margins[1] + j;
              if (row >= 0 && row < height && column >= 0 && column < width) {
                const first = starts[row * width + column];
                const count = (starts[row * width + column + 1] - first) / EVENT;
                if (count > 0) addAll(first, count, rows, layer.stride, sums, blocks, run);
              } else if (view.outside) {
                addAll(place.outside, channels, rows, layer.stride, sums, blocks, run);
              }
            }
          }
        }
      }
    }

    /** Fill the kernel's `place.levels` with depthwise sums; return their highest magnitude. */
    function addDepthwise(layer, values) {
      const [height, width, channels] = layer.shape;
      const [down, right] = layer.map;
      const step = upTo(channels, GROUP);
      placeMap(values, { array: bytes, at: place.bytes }, layer.shape);
      words.fill(0, place.levels / 4, place.levels / 4 + down * right * step);
      let sums = place.levels;
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < right; x++, sums += step * 4) {
          let weights = layer.depthwise;
          for (let i = 0; i < layer.window[0]; i++) {
            const row = y * layer.strides[0] - layer.margins[0] + i;
            for (let j = 0; j < layer.window[1]; j++, weights += step) {
              const column = x * layer.strides[1] - layer.margins[1] + j;
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              const levels = place.bytes + (row * width + column) * step;
              multiply(levels, weights, sums, step / GROUP);
            }
          }
        }
      }
      let highest = 0;
      for (let index = place.levels / 4; index < sums / 4; index++) {
        const size = Math.abs(words[index]);
        if (size > highest) highest = size;
      }
      return highest;
    }

    /** Pool the sums, rows as they are; return where the potentials begin. */
    function pooled({ map, out, pool, width }) {
      if (!pool) return place.sums;
      const [height, across] = map;
      const sum = pool.kind === "average";
      const size = sum ? [height, across] : pool.size;
      const strides = sum ? [1, 1] : pool.strides;
      const margins = sum ? [0, 0] : pool.margins;
      const first = place.pooled / 4;
      words.fill(sum ? 0 : LOWEST_INT32, first, first + out[0] * out[1] * width);
      for (let y = 0, at = first; y < out[0]; y++) {
        for (let x = 0; x < out[1]; x++, at += width) {
          for (let i = 0; i < size[0]; i++) {
            const row = y * strides[0] - margins[0] + i;
            if (row < 0 || row >= height) continue;
            for (let j = 0; j < size[1]; j++) {
              const column = x * strides[1] - margins[1] + j;
              if (column < 0 || column >= across) continue;
              const seen = place.sums / 4 + (row * across + column) * width;
              for (let filter = 0; filter < out[2]; filter++) {
                const value = words[seen + filter];
                if (sum) words[at + filter] += value;
                else if (value > words[at + filter]) words[at + filter] = value;
              }
            }
          }
        }
      }
      return place.pooled;
    }

    /** Return what a layer emits for the map that enters it. */
    function output(layer, values) {
      if (layer.kind === "InputData") return values;
      const { shape, map, out, width } = layer;
      if (layer.depthwise) {
        const highest = addDepthwise(layer, values);
        const view = { shape: [map[0], map[1], shape[2]], levels: place.levels, outside: 0 };
        addRows(layer, { ...view, window: [1, 1], strides: [1, 1], margins: [0, 0] }, highest);
      } else {
        placeMap(values, { array: words, at: place.levels / 4 }, shape);
        addRows(layer, { ...layer, levels: place.levels }, layer.highest);
      }
      const potentials = pooled(layer);
      const positions = out[0] * out[1];
      const emitted = new (layer.levels ? Uint8Array : Int32Array)(positions * out[2]);
      for (let position = 0; position < positions; position++) {
        let from = potentials / 4 + position * width;
        if (layer.levels) {
          const groups = width / 16;
          const row = potentials + position * width * 4;
          staircase(row, layer.thresholds, width * 4, layer.levels, place.emitted, groups);
          from = place.emitted;
        }
        const array = layer.levels ? bytes : words;
        emitted.set(array.subarray(from, from + out[2]), position * out[2]);
      }
      return emitted;
    }

    /** Return the class as Model.predict does; null where the output names none. */
    function best(result) {
      const last = layers[layers.length - 1];
      if (area(last.out) !== 1) return null;
      const scores = scored(last, result);
      // One channel is a quantity, unless a function stood behind it that told two classes apart.
      if (scores.length === 1) return header.head ? Number(scores[0] > 0) : null;
      // Integers decide where a unit is worth the same in all channels.
      const values = comparable(last) ? Array.from(result) : scores;
      return values.reduce((top, value, index) => (value > values[top] ? index : top), 0);
    }

    function run(image, keepMaps = false) {
      check(header, image);
      const report = [];
      const maps = [];
      let values = image;
      let inputEvents = countEvents(image);
      for (const layer of layers) {
        const began = performance.now();
        values = output(layer, values);
        const milliseconds = performance.now() - began;
        const events = countEvents(values);
        const operations = inputEvents * layer.operationsPerEvent;
        report.push({ name: layer.name, events, operations, inputEvents, milliseconds });
        if (keepMaps) maps.push(values);
        inputEvents = events;
      }
      const index = best(values);
      const label = index === null ? null : (header.labels || [])[index] ?? String(index);
      const scores = scored(layers[layers.length - 1], values);
      const unit = comparable(layers[layers.length - 1]);
      return { potentials: values, scores, comparable: unit, index, label, layers: report, maps };
    }

    /** Return the test vectors' images, and what the reference engine made of them. */
    function selfTest() {
      const differences = [];
      for (const [number, vector] of header.vectors.entries()) {
        const image = array(Uint8Array, vector.start, header.size);
        const { layers: report, maps } = run(image, true);
        for (const [index, [events, checksum]] of vector.layers.entries()) {
          if (report[index].events !== events || crc32(maps[index]) !== checksum) {
            differences.push({ image: number, layer: report[index].name });
          }
        }
      }
      const images = header.vectors.length;
      const values = images * header.layers.reduce((all, { out }) => all + product(out), 0);
      return { same: images > 0 && differences.length === 0, images, values, differences };
    }

    const samples = header.samples.map((start) => array(Uint8Array, start, header.size));
    return { header, samples, run, selfTest };
  }

  /** Return where everything stands in the kernel's memory: all weights, and the largest map. */
  function laidOut(layers) {
    const place = { end: 0 };
    const reserve = (size) => {
      const at = place.end;
      place.end += upTo(size, 16);
      return at;
    };
    const largest = (size) => layers.reduce((most, layer) => Math.max(most, size(layer)), 1);
    const width = (layer) => upTo(layer.out[2], BLOCK);
    const step = (layer) => upTo(layer.shape[2], GROUP);
    place.layers = layers.map((layer) => ({
      rows: reserve((layer.rows || 0) * width(layer)),
      depthwise: layer.depthwise ? reserve(product(layer.window) * step(layer)) : null,
      thresholds: layer.kind === "InputData" ? 0 : reserve(highestOf(layer) * width(layer) * 4),
    }));
    // A depthwise step makes a map of its own, as large as its output is wide and high.
    const positions = (layer) => Math.max(area(layer.shape), area(layer.map));
    place.positions = largest(positions);
    place.bytes = reserve(largest((layer) => positions(layer) * step(layer)));
    place.levels = reserve(largest((layer) => positions(layer) * step(layer)) * 4);
    // `list` writes one event more than it keeps.
    const events = (layer) => positions(layer) * layer.shape[2] * (layer.parts || 1) + 1;
    place.events = reserve(largest(events) * EVENT);
    place.outside = reserve(largest((layer) => layer.shape[2]) * EVENT);
    place.sums = reserve(largest((layer) => area(layer.map) * width(layer)) * 4);
    place.pooled = reserve(largest((layer) => area(layer.out) * width(layer)) * 4);
    place.emitted = reserve(largest(width));
    return place;
  }

  // -- small things ---------------------------------------------------------------------

  function scored(layer, values) {
    if (!layer.scale) return Array.from(values);
    const filters = layer.out[2];
    const { scale, offset } = layer;
    return Array.from(values, (v, i) => v * scale[i % filters] + offset[i % filters]);
  }

  function comparable({ scale, offset }) {
    if (!scale) return true;
    const one = (values) => values.every((value) => value === values[0]);
    return one(scale) && one(offset) && scale[0] > 0;
  }

  function check(header, image) {
    const [height, width, channels] = header.shape;
    const expected = `a Uint8Array of ${height} x ${width} x ${channels} = ${header.size} values`;
    const given = Object.prototype.toString.call(image).slice(8, -1);
    if (given !== "Uint8Array" || image.length !== header.size) {
      const length = given === "Uint8Array" ? ` of ${image.length} values` : "";
      throw new Error(`image: it is ${given}${length}. Fix: give ${expected}.`);
    }
    const highest = 2 ** header.bits - 1;
    if (highest < 255 && image.some((value) => value > highest)) {
      const problem = `it has values above ${highest}, the highest of ${header.bits}-bit events`;
      throw new Error(`image: ${problem}. Fix: give 0 to ${highest}.`);
    }
  }

  function countEvents(values) {
    let events = 0;
    for (let index = 0; index < values.length; index++) if (values[index] !== 0) events++;
    return events;
  }

  /** Return the smallest multiple of `step` that is not below `count`. */
  function upTo(count, step) {
    return Math.ceil(count / step) * step;
  }

  function area([height, width]) {
    return height * width;
  }

  function highestOf({ output }) {
    return output.bits === null ? 0 : 2 ** output.bits - 1;
  }

  function product(shape) {
    return shape.reduce((all, one) => all * one, 1);
  }

  function crc32(values) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let crc = -1;
    for (const byte of bytes) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 255];
    return ~crc >>> 0;
  }

  const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = (byte >>> 1) ^ (byte & 1 ? 0xedb88320 : 0);
    return byte;
  });

  return { open };
}
