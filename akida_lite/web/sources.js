// Where pictures come from: samples, files, the clipboard, the camera, a drawing; and values, typed.
const akidaLiteSources = (() => {
  "use strict";

  const { canvasOf, drawPixels, pixelsOf, pixelsOfDrawing } = akidaLitePictures;
  const { element } = akidaLiteViews;
  const PAD = 256;

  let lastUsed = null; // of all panels on the page, the one that a paste is meant for

  /** Return what a file shows. As in `predict`, colours keep the numbers that the file has. */
  async function imageOf(file) {
    try {
      return await createImageBitmap(file, { colorSpaceConversion: "none" });
    } catch {
      // A drawing in SVG has no pixels of its own; an image element gives it some.
      const image = new Image();
      image.src = URL.createObjectURL(file);
      await image.decode().finally(() => URL.revokeObjectURL(image.src));
      return image;
    }
  }

  /** The left column of a panel; `taken(pixels)` is called with every new picture. */
  class Sources {
    constructor(model, taken, complain, root) {
      Object.assign(this, { model, taken, complain });
      this.ways = element("div", { className: "ways" });
      this.samples = element("div", { className: "samples", role: "group", "aria-label": "Samples" });
      this.addSamples();
      if (model.picture) {
        this.addFile();
        this.addCamera();
        this.addDropAndPaste(root);
      } else this.addValues();
      this.pad = model.picture && model.shape[2] === 1 ? this.addPad() : null;
    }

    addSamples() {
      for (const [index, pixels] of this.model.samples.entries()) {
        const canvas = canvasOf(1, 1);
        drawPixels(canvas, pixels, this.model);
        const button = element("button", { type: "button", "aria-label": `Sample ${index + 1}`, "aria-pressed": "false" }, canvas);
        button.onclick = () => {
          this.took(pixels);
          button.setAttribute("aria-pressed", "true");
        };
        this.samples.append(button);
      }
    }

    /** Pass on pixels that came from anywhere; only a sample is then marked as chosen. */
    took(pixels) {
      this.stopCamera();
      for (const button of this.samples.children) button.setAttribute("aria-pressed", "false");
      if (this.values) this.values.value = pixels.join(" ");
      this.taken(pixels);
    }

    /** Let the reader type what is no picture. */
    addValues() {
      const size = this.model.shape.reduce((all, one) => all * one, 1);
      const [low, high] = this.model.range;
      this.values = element("textarea", { rows: 4, spellcheck: false });
      this.values.onchange = () => {
        const words = this.values.value.split(/[\s,;]+/).filter((word) => word);
        const wrong = words.find((word) => !(/^\d+$/.test(word) && word >= low && word <= high));
        const asked = `Give ${size} whole numbers from ${low} to ${high}, separated by blanks or commas`;
        if (wrong !== undefined) this.complain(`'${wrong}' is no value that the network reads. ${asked}.`);
        else if (words.length !== size) this.complain(`These are ${words.length} values. ${asked}.`);
        else this.took(Uint8Array.from(words, Number));
      };
      this.ways.append(element("label", { className: "values" }, `${size} whole numbers from ${low} to ${high}`, this.values));
    }

    addFile() {
      const input = element("input", { type: "file", accept: "image/*" });
      input.onchange = () => {
        if (input.files[0]) this.read(input.files[0]);
        input.value = "";
      };
      this.ways.append(element("label", { className: "file" }, "Choose a picture", input));
    }

    async read(file) {
      try {
        this.took(pixelsOf(await imageOf(file), this.model));
      } catch {
        this.complain(`'${file.name}' is no picture that this browser reads. Choose a JPEG or PNG file.`);
      }
    }

    addDropAndPaste(root) {
      root.ondragover = (event) => {
        event.preventDefault();
        root.classList.add("dropping");
      };
      root.ondragleave = () => root.classList.remove("dropping");
      root.ondrop = (event) => {
        event.preventDefault();
        root.classList.remove("dropping");
        const [file] = event.dataTransfer.files;
        if (file) this.read(file);
        else this.complain("What was dropped is no file. Save the picture first, and drop its file.");
      };
      lastUsed = this;
      for (const use of ["focusin", "pointerdown", "drop"]) root.addEventListener(use, () => (lastUsed = this));
      this.paste = (event) => {
        if (lastUsed !== this) return;
        const [file] = event.clipboardData.files;
        if (file) this.read(file);
      };
      document.addEventListener("paste", this.paste);
    }

    addCamera() {
      this.button = element("button", { type: "button", "aria-pressed": "false" }, "Camera");
      this.button.onclick = () => (this.stream ? this.stopCamera() : this.startCamera());
      this.ways.append(this.button);
    }

    async startCamera() {
      const video = element("video", { muted: true, playsInline: true });
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = this.stream;
        await video.play();
      } catch {
        this.stopCamera();
        this.complain("There is no camera that this page may use. Allow it in the browser, or choose a picture.");
        return;
      }
      for (const button of this.samples.children) button.setAttribute("aria-pressed", "false");
      this.button.textContent = "Stop the camera";
      this.button.setAttribute("aria-pressed", "true");
      const stream = this.stream;
      const look = async () => {
        if (this.stream !== stream) return;
        // A page in the background does not look.
        if (!document.hidden) await this.taken(pixelsOf(video, this.model));
        requestAnimationFrame(look);
      };
      look();
    }

    stopCamera() {
      for (const track of this.stream ? this.stream.getTracks() : []) track.stop();
      this.stream = null;
      if (!this.button) return;
      this.button.textContent = "Camera";
      this.button.setAttribute("aria-pressed", "false");
    }

    addPad() {
      const pad = element("canvas", { className: "seen pad", tabIndex: 0, role: "img" });
      pad.setAttribute("aria-label", "Drawing area: draw with a pointer, or with the arrow keys");
      [pad.width, pad.height] = [PAD, PAD];
      const context = pad.getContext("2d", { willReadFrequently: true });
      Object.assign(context, { lineWidth: 0.11 * PAD, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
      let pen = [PAD / 2, PAD / 4];
      const lineTo = (x, y) => {
        context.beginPath();
        context.moveTo(...pen);
        context.lineTo(x, y);
        context.stroke();
        pen = [x, y];
        this.took(pixelsOfDrawing(pad, this.model));
      };
      const at = ({ offsetX, offsetY }) => [(offsetX / pad.clientWidth) * PAD, (offsetY / pad.clientHeight) * PAD];
      pad.onpointerdown = (event) => {
        pad.setPointerCapture(event.pointerId);
        pen = at(event);
        lineTo(...pen);
      };
      pad.onpointermove = (event) => event.buttons && lineTo(...at(event));
      pad.onkeydown = (event) => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!by) return;
        event.preventDefault();
        const [x, y] = pen.map((place, axis) => Math.min(PAD, Math.max(0, place + (by[axis] * PAD) / 16)));
        // With the shift key the pen moves without drawing.
        if (event.shiftKey) pen = [x, y];
        else lineTo(x, y);
      };
      const clear = element("button", { type: "button" }, "Clear the drawing");
      clear.onclick = () => {
        context.fillRect(0, 0, PAD, PAD);
        this.took(pixelsOfDrawing(pad, this.model));
      };
      context.fillRect(0, 0, PAD, PAD);
      this.ways.prepend(clear);
      return pad;
    }

    stop() {
      this.stopCamera();
      if (this.paste) document.removeEventListener("paste", this.paste);
    }
  }

  return { Sources };
})();
