// What the panel shows of one model: its class and potentials, and its layers one by one.
const akidaLiteViews = (() => {
  "use strict";

  const { busiest, drawChannels } = akidaLitePictures;
  const MOST_BARS = 10;
  const IN_TILE = 16;
  const IN_DETAIL = 64;

  /** Return an element; text is always text, whatever a name holds. */
  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.includes("-") || name === "role") made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children);
    return made;
  }

  const count = (number) => number.toLocaleString("en");
  const percent = (part) => `${(100 * part).toFixed(1)} %`;

  /** Return the colours of what is above zero and below. */
  function inksOf(host) {
    return host.getAttribute("mode") === "dark" ? [[110, 190, 250], [232, 176, 74]] : [[0, 84, 150], [168, 96, 0]];
  }

  /** Return two bars: operations that events cause, beside those of a computation of all. */
  function workOf(operations, macs) {
    const most = Math.max(operations ?? 0, macs, 1);
    const row = (words, value, kind) => {
      const bar = element("i", { className: kind });
      bar.style.width = `${(100 * value) / most}%`;
      return [element("span", {}, words), bar, element("span", {}, count(value))];
    };
    return element(
      "div",
      { className: "work" },
      ...(operations === null ? [] : row("operations", operations, "")),
      ...(macs ? row("MACs", macs, "dense") : []),
    );
  }

  /** The class, the runner-up and a bar for each class. */
  class ResultView {
    constructor(model, title) {
      Object.assign(this, { model, title });
      this.verdict = element("p", { className: "verdict" }, "…");
      this.lead = element("p", { className: "small" });
      this.bars = element("div", { className: "bars numbers" });
      this.cost = element("div", { className: "cost numbers" });
      this.root = element("div", {}, this.verdict, this.lead, this.bars, this.cost);
      if (title) this.root.prepend(element("h3", {}, title));
    }

    nameOf(index) {
      const name = (this.model.labels || [])[index] ?? "";
      return name.trim() ? name : `class ${index}`;
    }

    /** Show a result; return the name of what it says, and by how much it leads. */
    show(result) {
      const { layers } = this.model;
      const counted = layers.map((layer, index) => (layer.countsInput ? index : -1)).filter((i) => i >= 0);
      const operations = counted.reduce((all, i) => all + result.layers[i].operations, 0);
      const macs = counted.reduce((all, i) => all + layers[i].macs, 0);
      const time = result.layers.reduce((all, layer) => all + layer.milliseconds, 0);
      this.cost.replaceChildren(
        element("p", { className: "small" }, `Work, in ${time.toFixed(time < 10 ? 1 : 0)} ms: operations that events cause, and MACs if no zero were skipped`),
        workOf(operations, macs),
      );
      if (result.index === null) {
        const one = result.scores.length === 1;
        this.verdict.textContent = one ? result.scores[0].toPrecision(4) : "A map";
        this.lead.textContent = one
          ? "The last layer has one channel: a quantity, and no class."
          : "The last layer has several positions: there is no one class.";
        this.bars.replaceChildren();
        return { name: this.spoken(this.verdict.textContent), lead: this.lead.textContent };
      }
      // A single channel that tells two classes apart speaks for one, and against the other.
      const both = (values) => (values.length === 1 ? [-values[0], values[0]] : values);
      const scores = both(result.scores);
      // Sums of channels whose units differ cannot be compared; the Keras model's can.
      const values = result.comparable ? both(result.potentials) : scores;
      const written = (value) => (result.comparable ? count(value) : value.toPrecision(3));
      const order = scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a] || a - b);
      const [first, second] = [result.index, order.find((index) => index !== result.index)];
      const name = this.nameOf(first);
      this.verdict.textContent = name;
      const runner = element("bdi", {}, second === undefined ? "" : this.nameOf(second));
      const by = second === undefined ? "" : ` by ${written(values[first] - values[second])}`;
      const unit = result.comparable ? "" : ", in units of the Keras model";
      this.lead.replaceChildren(...(second === undefined ? [] : ["ahead of ", runner, by + unit]));
      const shown = order.slice(0, MOST_BARS).sort((a, b) => a - b);
      const low = Math.min(0, ...scores);
      const span = Math.max(0, ...scores) - low || 1;
      const zero = (100 * -low) / span;
      this.bars.replaceChildren(
        ...shown.flatMap((index) => {
          const end = (100 * (scores[index] - low)) / span;
          const rank = index === first ? "first" : index === second ? "runner" : "";
          const bar = element("span", { className: `bar ${rank}` });
          bar.style.left = `${Math.min(zero, end)}%`;
          bar.style.width = `${Math.abs(end - zero)}%`;
          return [
            element("span", { className: `name ${rank}`, title: this.nameOf(index) }, this.nameOf(index)),
            element("span", { className: "track" }, bar),
            element("span", { className: "value" }, written(values[index])),
          ];
        }),
      );
      return { name: this.spoken(name), lead: this.lead.textContent };
    }

    /** Beside another network, a name alone would not say whose it is. */
    spoken(name) {
      return this.title ? `${this.title}: ${name}` : name;
    }
  }

  /** A tile for each layer, and the chosen one in large. */
  class LayersView {
    constructor(model, title, host) {
      Object.assign(this, { model, host, chosen: Math.min(1, model.layers.length - 1), channel: null });
      this.tiles = model.layers.map((layer, index) => this.tile(layer, index));
      this.list = element("div", { className: "tiles", role: "tablist", "aria-label": `Layers of ${title}` }, ...this.tiles.map(({ root }) => root));
      this.list.onkeydown = (event) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        this.step(by, true);
      };
      const back = element("button", { type: "button", onclick: () => this.step(-1) }, "← Layer before");
      const on = element("button", { type: "button", onclick: () => this.step(1) }, "Next layer →");
      this.map = element("canvas", { className: "map", role: "img" });
      this.name = element("h4");
      this.facts = element("div", { className: "facts numbers" });
      this.range = element("input", { type: "range", min: -1, step: 1, "aria-label": "Channel" });
      this.range.oninput = () => {
        this.channel = Number(this.range.value) < 0 ? null : Number(this.range.value);
        this.draw();
      };
      this.which = element("output", { className: "numbers" });
      this.pick = element("label", { className: "pick" }, "Channel", this.range, this.which);
      this.map.onclick = (event) => this.pickAt(event);
      const panel = element("div", { className: "detail", role: "tabpanel", tabIndex: 0, "aria-label": "The chosen layer" }, this.map, element("div", { className: "facts" }, this.name, this.facts, this.pick));
      this.root = element(
        "section",
        { className: "layers", "aria-label": `Layers of ${title}` },
        element("div", { className: "top" }, element("h3", {}, `Layers of ${title}`), element("div", { className: "steps" }, back, on)),
        element("p", { className: "small" }, "Each dot is a neuron that fires; a zero leaves the paper blank. Tiles show the busiest channels."),
        this.list,
        panel,
      );
    }

    tile(layer, index) {
      const canvas = element("canvas", { "aria-hidden": "true" });
      const zeros = element("span", { className: "small numbers" }, "…");
      const root = element(
        "button",
        { type: "button", className: "tile", role: "tab", title: layer.name, onclick: () => this.choose(index) },
        canvas,
        element("span", {}, layer.name),
        zeros,
      );
      return { root, canvas, zeros };
    }

    step(by, focus = false) {
      const count = this.tiles.length;
      this.choose((this.chosen + by + count) % count);
      if (focus) this.tiles[this.chosen].root.focus();
    }

    choose(index) {
      [this.chosen, this.channel] = [index, null];
      this.draw();
    }

    show(result) {
      this.result = result;
      const inks = inksOf(this.host);
      this.order = result.maps.map((map, index) => busiest(map, this.model.layers[index].out));
      for (const [index, { canvas, zeros }] of this.tiles.entries()) {
        const { out } = this.model.layers[index];
        drawChannels(canvas, result.maps[index], out, this.order[index].slice(0, IN_TILE), inks);
        const values = result.maps[index].length;
        zeros.textContent = `${Math.round(100 * (1 - result.layers[index].events / values))} % zero`;
      }
      this.draw();
    }

    /** Draw the chosen layer in large. */
    draw() {
      for (const [index, { root }] of this.tiles.entries()) {
        root.setAttribute("aria-selected", index === this.chosen);
        root.tabIndex = index === this.chosen ? 0 : -1;
      }
      if (!this.result) return;
      const layer = this.model.layers[this.chosen];
      const map = this.result.maps[this.chosen];
      const { events, operations, milliseconds } = this.result.layers[this.chosen];
      const [height, width, channels] = layer.out;
      const one = this.channel !== null;
      this.shown = one ? [this.channel] : this.order[this.chosen].slice(0, IN_DETAIL);
      this.grid = drawChannels(this.map, map, layer.out, this.shown, inksOf(this.host));
      const emits = layer.output && layer.output.bits === null ? "potentials other than zero" : "events";
      const sentence = `${count(events)} of ${count(map.length)} values are ${emits}; ${percent(1 - events / map.length)} are zero`;
      this.map.setAttribute("aria-label", `${layer.name}: ${sentence}`);
      this.name.textContent = layer.name;
      const work = workOf(layer.countsInput ? operations : null, layer.macs);
      this.facts.replaceChildren(
        element("span", { className: "small" }, `${layer.kind}, ${height} × ${width} × ${channels}, ${milliseconds.toFixed(1)} ms`),
        element("span", {}, sentence + (map.some((value) => value < 0) ? "; those below zero are orange" : "")),
        work,
      );
      if (!layer.countsInput) this.facts.append(element("span", { className: "small" }, "It works on every pixel: no zero saves it anything."));
      const flat = height * width === 1;
      this.pick.hidden = flat;
      // A few neurons need no large picture.
      this.map.style.maxWidth = flat ? `${Math.max(4, 2.5 * this.grid.columns)}rem` : "";
      this.range.max = channels - 1;
      this.range.value = one ? this.channel : -1;
      this.which.textContent = one ? String(this.channel) : `busiest ${this.shown.length} of ${channels}`;
    }

    pickAt({ offsetX, offsetY }) {
      if (this.pick.hidden) return;
      const { columns, rows } = this.grid;
      const column = Math.floor((offsetX / this.map.clientWidth) * columns);
      const row = Math.floor((offsetY / this.map.clientHeight) * rows);
      this.channel = this.channel === null ? this.shown[row * columns + column] ?? null : null;
      this.draw();
    }
  }

  return { LayersView, ResultView, element, count };
})();
