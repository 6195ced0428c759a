// <akida-lite-live>: one picture, one or more models that run on it, and what they make of it.
(() => {
  "use strict";

  const { adjusted, drawPixels } = akidaLitePictures;
  const { LayersView, ResultView, count, element } = akidaLiteViews;
  const { Sources } = akidaLiteSources;

  const NEUTRAL = { brightness: 0, noise: 0, cover: 0, coverX: 0.5, coverY: 0.5 };
  const SLIDERS = [
    ["Brightness", "brightness", -0.5, 0.5],
    ["Noise", "noise", 0, 0.5],
    ["Cover", "cover", 0, 0.6],
    ["… across", "coverX", 0, 1],
    ["… down", "coverY", 0, 1],
  ];

  class Live extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      this.follow();
      this.card = element("div", { className: "card" });
      root.append(element("style", {}, akidaLiteStyle), this.card);
      const poster = element("div", { className: "poster" }, element("slot"));
      const able =
        typeof WebAssembly !== "undefined" && WebAssembly.validate(KERNEL()) && typeof DecompressionStream !== "undefined";
      if (able) {
        this.button = element("button", { type: "button", className: "primary", onclick: () => this.start() }, "Run it here");
        this.note = element("p", { className: "small", role: "status" }, this.getAttribute("note") || "");
        poster.append(element("div", { className: "actions" }, this.button, this.note));
      }
      this.card.append(poster);
    }

    disconnectedCallback() {
      if (this.sources) this.sources.stop();
    }

    /** Be dark where the page is. */
    follow() {
      const page = document.documentElement;
      const system = matchMedia("(prefers-color-scheme: dark)");
      const set = () => {
        const mode = page.dataset.theme || document.body.dataset.jpThemeLight === "false" && "dark";
        this.setAttribute("mode", mode || (system.matches ? "dark" : "light"));
        if (this.views) this.views.forEach(({ layers }) => layers.result && layers.show(layers.result));
      };
      set();
      new MutationObserver(set).observe(page, { attributeFilter: ["data-theme"] });
      system.addEventListener("change", set);
    }

    async start() {
      this.button.disabled = true;
      this.note.textContent = "Loading the network …";
      try {
        const payloads = this.dataset.payload
          ? [akidaLite.open(this.dataset.payload)]
          : (this.getAttribute("src") || "").split(/\s+/).map((url) => akidaLite.load(url));
        this.models = await Promise.all(payloads);
        this.build();
      } catch (error) {
        // Damaged weights would not give the bits of the page either: say so where the badge is.
        const words = error.name === "NotLoaded" ? "The network is not there" : "The bits differ from this page";
        this.button.disabled = false;
        this.note.replaceChildren(this.badge("differ", words, String(error.message)));
        return;
      }
      await this.test();
    }

    badge(state, words, more) {
      const made = element("span", { className: "badge" }, element("b", {}, words), " ", element("span", {}, more));
      made.dataset.state = state;
      return made;
    }

    titleOf(model, index) {
      return model.name || `network ${index + 1}`;
    }

    build() {
      const [first] = this.models;
      const titles = this.models.map((model, index) => this.titleOf(model, index));
      this.settings = { ...NEUTRAL };
      this.verdict = element("p", { className: "unseen", "aria-live": "polite" });
      this.message = element("p", { className: "message", role: "alert", hidden: true });
      const flat = Math.min(first.shape[0], first.shape[1]) > 1;
      const seen = first.picture ? "The picture as the network sees it" : "The values as the network reads them";
      this.bits = element("div", { role: "status" }, this.badge("wait", "Comparing bits …", ""));
      this.seen = element("canvas", { className: "seen", role: "img", "aria-label": seen });
      this.seen.style.setProperty("--ratio", flat ? `${first.shape[1]} / ${first.shape[0]}` : "3 / 1");
      this.seen.onpointerdown = (event) => this.moveCover(event);
      this.seen.onpointermove = (event) => event.buttons && this.moveCover(event);
      this.sources = new Sources(first, (pixels) => this.take(pixels), (text) => this.complain(text), this.card);
      const several = this.models.length > 1;
      this.views = this.models.map((model, index) => ({
        model,
        result: new ResultView(model, several ? titles[index] : ""),
        layers: new LayersView(model, titles[index], this),
      }));
      const input = element("div", { className: "input" }, element("h3", {}, first.picture ? "Picture" : "Values"));
      const picture = this.sources.pad ? this.besideThePad() : this.seen;
      input.append(picture, this.sources.samples, this.sources.ways, this.message, this.sliders(first.picture ? SLIDERS : SLIDERS.slice(1, flat ? undefined : 2)));
      const results = element("div", { className: "results" }, ...this.views.map(({ result }) => result.root));
      const heading = element("h2", { tabIndex: -1 }, titles.join(" and "));
      this.card.replaceChildren(
        element("header", {}, heading, this.bits),
        element("div", { className: "bench" }, input, results),
        ...this.views.map(({ layers }) => layers.root),
        element("footer", { className: "small" }, "Everything happens in this browser: nothing leaves it."),
        this.verdict,
      );
      // The button that had the focus is gone; whoever uses a keyboard goes on from here.
      heading.focus({ preventScroll: true });
      const [height, width, channels] = first.shape;
      this.sources.took(first.samples[0] || new Uint8Array(height * width * channels).fill(first.range[0]));
      this.sources.samples.firstChild?.setAttribute("aria-pressed", "true");
    }

    besideThePad() {
      const small = (words) => element("span", { className: "small" }, words);
      const { pad } = this.sources;
      return element("div", { className: "both" }, small("Draw here"), small("Seen as"), pad, this.seen);
    }

    sliders(offered) {
      const root = element("div", { className: "sliders" });
      this.inputs = {};
      for (const [words, name, min, max] of offered) {
        const input = element("input", { type: "range", min, max, step: 0.01, id: name });
        input.value = NEUTRAL[name];
        input.oninput = () => this.adjust({ [name]: Number(input.value) });
        this.inputs[name] = input;
        root.append(element("label", { htmlFor: name }, words), input);
      }
      const reset = element("button", { type: "button", onclick: () => this.adjust(NEUTRAL) }, "As it was");
      root.append(reset);
      this.showSliders();
      return root;
    }

    showSliders() {
      for (const [name, input] of Object.entries(this.inputs)) {
        input.value = this.settings[name];
        if (!name.startsWith("cover") || name === "cover") continue;
        input.hidden = input.previousElementSibling.hidden = this.settings.cover === 0;
      }
    }

    adjust(change) {
      Object.assign(this.settings, change);
      this.showSliders();
      this.refresh();
    }

    moveCover({ offsetX, offsetY }) {
      if (this.settings.cover === 0) return;
      const { cover } = this.settings;
      const along = (at, whole) => Math.min(1, Math.max(0, (at / whole - cover / 2) / (1 - cover)));
      const { clientWidth, clientHeight } = this.seen;
      this.adjust({ coverX: along(offsetX, clientWidth), coverY: along(offsetY, clientHeight) });
    }

    complain(text) {
      this.message.textContent = text;
      this.message.hidden = false;
    }

    take(pixels) {
      this.message.hidden = true;
      this.pixels = pixels;
      return this.refresh();
    }

    /** Run the newest picture; while one runs, those that come meanwhile are passed over. */
    refresh() {
      this.newest = adjusted(this.pixels, this.models[0], this.settings);
      drawPixels(this.seen, this.newest, this.models[0]);
      const complain = (error) => this.complain(error.message);
      this.running ??= this.runNewest().catch(complain).finally(() => (this.running = null));
      return this.running;
    }

    async runNewest() {
      let said = [];
      while (this.newest) {
        const image = this.newest;
        this.newest = null;
        const shown = this.views.map(async ({ model, result, layers }) => {
          const found = await model.run(image, { maps: true });
          layers.show(found);
          return result.show(found);
        });
        said = await Promise.all(shown);
      }
      // Before a camera each picture has other numbers: only another class is worth saying.
      const words = said.map(({ name, lead }) => (lead && !this.sources.stream ? `${name}, ${lead}` : name)).join("; ");
      if (words !== this.verdict.textContent) this.verdict.textContent = words;
    }

    /** Repeat what the reference engine computed when the page was built. */
    async test() {
      const failed = (error) => ({ same: false, differences: [], images: 0, values: 0, error });
      const tests = await Promise.all(this.models.map((model) => model.selfTest().catch(failed)));
      const wrong = tests.flatMap(({ differences }) => differences);
      const same = tests.every((test) => test.same);
      const values = tests.reduce((all, test) => all + test.values, 0);
      const images = tests.reduce((all, test) => all + test.images, 0);
      const badge = same
        ? this.badge("same", "✓ Same bits as this page", `${count(values)} values of all layers, ${images} images`)
        : this.badge("differ", "The bits differ from this page", wrong.length ? `first in layer ${wrong[0].layer}` : "");
      this.bits.replaceChildren(badge);
      // Its time now is that of compiled code.
      this.refresh();
    }
  }

  if (!customElements.get("akida-lite-live")) customElements.define("akida-lite-live", Live);
})();
