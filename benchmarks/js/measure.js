// One library on one text, in a process of its own: node measure.js LIBRARY FILE ROUNDS. Prints a line of JSON.
//
// Seconds are those of the clock: `open` until the library can encode, `cold` for the first pass over the
// text, `warm` for the fastest of the others. `ids` is a hash, to be compared before the times are.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { LIBRARIES } from "./libraries.js";

const [name, file, rounds] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
const timed = (act) => {
  const start = performance.now();
  const made = act();
  return [(performance.now() - start) / 1000, made];
};

const start = performance.now();
const { encode, count } = await LIBRARIES[name]();
const open = (performance.now() - start) / 1000;
const [first] = timed(() => count("What's in a name?"));
const [cold, ids] = timed(() => encode(text));
let warm = Infinity;
for (let round = 0; round < Number(rounds); round += 1) warm = Math.min(warm, timed(() => encode(text))[0]);
const digest = createHash("sha256").update(Uint32Array.from(ids)).digest("hex");
console.log(JSON.stringify({ name, bytes: Buffer.byteLength(text), open, first, cold, warm, count: ids.length, ids: digest }));
