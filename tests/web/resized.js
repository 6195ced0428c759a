// Answers JSON on the input, a list of {rgba, from, to, grey}, with what becomes of each picture.
const { readFileSync } = require("fs");
const [, , file] = process.argv;
const script = readFileSync(file, "utf8") + "; akidaLiteResampling";
const { greyOf, resized } = require("vm").runInThisContext(script);
const results = JSON.parse(readFileSync(0, "utf8")).map(({ rgba, from, to, grey }) =>
  Array.from(grey ? resized(greyOf(rgba), 1, 1, from, to) : resized(rgba, 4, 3, from, to)),
);
process.stdout.write(JSON.stringify(results));
