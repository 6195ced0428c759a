// Answers JSON on the input, a list of {samples, ink, pad, field}, with what becomes of each.
const { readFileSync } = require("fs");
const [, , file] = process.argv;
const drawings = require("vm").runInThisContext(readFileSync(file, "utf8") + "; akidaLiteDrawings");
const results = JSON.parse(readFileSync(0, "utf8")).map(({ samples, ink, pad, field }) => {
  const usual = samples ? drawings.usualOf(samples, field, 0) : undefined;
  const found = drawings.placed(Uint8Array.from(ink), pad, field, usual);
  return found && Array.from(found);
});
process.stdout.write(JSON.stringify(results));
