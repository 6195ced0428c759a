// Answers one line of JSON for each: {method, payload, images} of the engine, as node runs it.
const vm = require("vm");
const lines = require("readline").createInterface({ input: process.stdin });
vm.runInThisContext(require("fs").readFileSync(process.argv[2], "utf8"));
const { akidaLite } = globalThis;

async function answer({ method, payload, images }) {
  const model = await akidaLite.open(payload);
  if (method === "selfTest") return model.selfTest();
  const results = [];
  for (const image of images) {
    const result = await model.run(Uint8Array.from(image), { maps: true });
    results.push({ ...result, maps: result.maps.map((map) => Array.from(map)) });
    results.at(-1).potentials = Array.from(result.potentials);
  }
  return results;
}

(async () => {
  for await (const line of lines) {
    const reply = await answer(JSON.parse(line)).catch((error) => ({ error: error.message }));
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
})();
