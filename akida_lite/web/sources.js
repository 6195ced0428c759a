// Where pictures come from: samples, files, the clipboard, the camera, a drawing.
const akidaLiteSources = (() => {
  "use strict";

  const { canvasOf, colours, drawPixels, pixelsOf, pixelsOfDrawing } = akidaLitePictures;
  const { element } = akidaLiteViews;
  const PAD = 256;

  let lastUsed = null; // of all panels on the page, the one that a paste is meant for

  /** The left column of a panel; `taken(pixels)` is called with every new picture. */
  class Sources {
    constructor(model, taken, complain, root) {
      Object.assign(this, { model, taken, complain });
      this.ways = element("div", { className: "ways" });
      this.samples = element("div", { className: "samples", role: "group", "aria-label": "Samples" });
      this.addSamples();
      if (colours(model)) {
        this.addFile();
        this.addCamera();
        this.addDropAndPaste(root);
      }
      this.pad = colours(model) === 1 ? this.addPad() : null;
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
      this.taken(pixels);
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
        const image = await createImageBitmap(file);
        this.took(pixelsOf(image, this.model));
        image.close();
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
        if (event.dataTransfer.files[0]) this.read(event.dataTransfer.files[0]);
      };
      lastUsed = this;
      for (const use of ["focusin", "pointerdown", "drop"]) root.addEventListener(use, () => (lastUsed = this));
      this.paste = (event) => {
        if (lastUsed !== this) return;
        const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
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
