// What pages and outside checks use: akidaLite.load(url), model.run(pixels), model.selfTest().
//
// A model comes as a script, because a page that was opened from a disk may load scripts but
// not fetch files. It runs in a worker, made from the text of the engine for the same reason.
const akidaLite = (() => {
  "use strict";

  let awaited = null;
  let queue = Promise.resolve();

  /** Called by a model's script. */
  function deliver(payload) {
    if (awaited) awaited(payload);
  }

  /** Run the script of a model, and return the payload that it delivers. */
  function payloadOf(url) {
    const address = addressOf(url);
    if (address.pathname.endsWith("/")) address.pathname += "model.js";
    // One at a time: a script does not say who asked for it.
    const next = queue.then(
      () =>
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          const fail = (what, name = "Error") => reject(Object.assign(new Error(`model '${url}': ${what}`), { name }));
          awaited = resolve;
          script.src = address.href;
          script.onload = () => fail("it is no model that akida_lite has written, or damaged. Fix: give the address of a model.js");
          script.onerror = () => fail("it cannot be loaded. Fix: check its address", "NotLoaded");
          document.head.append(script);
        }),
    );
    queue = next.catch(() => {}).then(() => (awaited = null));
    return next;
  }

  function addressOf(url) {
    try {
      return new URL(url, document.baseURI);
    } catch {
      throw new Error(`model '${url}': it is no address. Fix: give one, such as 'page/model.js'`);
    }
  }

  /** Return a function that passes calls on to a worker; to this thread where there is none. */
  async function backend() {
    const here = akidaLiteEngine(KERNEL());
    const direct = async (method, argument, keepMaps) => {
      if (method === "open") {
        direct.network = await here.open(argument);
        const { header, samples } = direct.network;
        return { header, samples };
      }
      return direct.network[method](argument, keepMaps);
    };
    if (typeof Worker === "undefined") return direct;
    const program =
      `const direct = ${direct.toString()};` +
      `const here = (${akidaLiteEngine.toString()})((${KERNEL.toString()})());` +
      `postMessage("ready"); onmessage = ({ data: [id, ...call] }) => direct(...call).then(` +
      `(value) => postMessage({ id, value }), (error) => postMessage({ id, error: error.message }));`;
    const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    const worker = new Worker(address);
    const waiting = new Map();
    const ready = new Promise((resolve, reject) => {
      worker.onerror = reject;
      worker.onmessage = ({ data }) => {
        if (data === "ready") return resolve();
        const { resolve: done, reject: fail } = waiting.get(data.id);
        waiting.delete(data.id);
        if ("error" in data) fail(new Error(data.error));
        else done(data.value);
      };
    });
    try {
      await ready;
    } catch {
      return direct; // a policy of the page forbids workers; the page will stutter
    } finally {
      URL.revokeObjectURL(address);
    }
    let calls = 0;
    return (...call) =>
      new Promise((resolve, reject) => {
        waiting.set(++calls, { resolve, reject });
        worker.postMessage([calls, ...call]);
      });
  }

  /** Return the model of a payload. */
  async function open(payload) {
    const call = await backend();
    const { header, samples } = await call("open", payload);
    return {
      name: header.name,
      labels: header.labels,
      shape: header.shape,
      layers: header.layers,
      range: header.range,
      picture: header.picture,
      samples,
      run: (image, { maps = false } = {}) => call("run", image, maps),
      selfTest: () => call("selfTest"),
    };
  }

  return { deliver, load: async (url) => open(await payloadOf(url)), open };
})();
