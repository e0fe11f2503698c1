// minitok beside other libraries, o200k_base: node compare.js [--rounds N] FILE... Run `make js` and `npm install` here first.
//
// Every library encodes every file in a process of its own, in turns, three times; the fastest counts. Ids are compared first: a
// library whose ids differ is named and not timed. Prints a table in Markdown: megabytes a second, cold and warm, and milliseconds
// from the import to the first count.

import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { LIBRARIES } from "./libraries.js";

const { values, positionals } = parseArgs({ options: { rounds: { type: "string", default: "5" } }, allowPositionals: true });
const TURNS = 3;

function measured(name, file) {
  const measure = new URL("./measure.js", import.meta.url).pathname;
  return JSON.parse(execFileSync(process.execPath, [measure, name, file, values.rounds], { encoding: "utf8" }));
}

console.log("| text | library | cold, MB/s | warm, MB/s | first count, ms |\n|---|---|---|---|---|");
for (const file of positionals) {
  const best = {};
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const name of Object.keys(LIBRARIES)) {
      const { open, first, ...now } = { ...measured(name, file) };
      const held = (best[name] ??= { ...now, start: Infinity });
      held.start = Math.min(held.start, open + first);
      for (const one of ["cold", "warm"]) held[one] = Math.min(held[one], now[one]);
    }
  }
  for (const [name, { bytes, cold, warm, start, ids }] of Object.entries(best)) {
    if (ids !== best.minitok.ids) {
      console.log(`| ${basename(file)} | ${name} | other ids | | |`);
      continue;
    }
    const speed = (seconds) => (bytes / seconds / 1e6).toPrecision(3);
    console.log(`| ${basename(file)} | ${name} | ${speed(cold)} | ${speed(warm)} | ${(1000 * start).toFixed(0)} |`);
  }
}
