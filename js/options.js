// Options of calls. One that there is not is refused, and what may be meant is suggested, as are special tokens.

import { decoder, list } from "./engine.js";
import { MinitokError } from "./errors.js";

const NAMING = ["allowedSpecial", "disallowedSpecial"];

export function checkOptions(engine, options, known) {
  if (options === null || typeof options !== "object") throw new TypeError(`options must be an object, not ${shown(options)}`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknown(engine, `there is no option '${name}'`, name, known, `; options are ${known.join(", ")}`);
  }
}

// The names of the special tokens that are found in a text, and of the tokens that it must not contain.
export function namesOf(tokenizer, options) {
  checkOptions(tokenizer.engine, options, NAMING);
  const { allowedSpecial, disallowedSpecial } = options;
  const allowed = named(tokenizer, allowedSpecial ?? [], () => Object.keys(tokenizer.specialTokens), "allowedSpecial");
  // Where all special tokens are allowed, no control token is left to refuse.
  const rest = () => (allowedSpecial === "all" ? [] : tokenizer.controlTokens.filter((name) => !allowed.includes(name)));
  return { allowed, disallowed: named(tokenizer, disallowedSpecial ?? [], rest, "disallowedSpecial") };
}

function named({ engine, specialTokens, addedTokens }, value, all, option) {
  if (value === "all") return all();
  if (typeof value === "string" || typeof value[Symbol.iterator] !== "function") {
    throw new TypeError(`${option} must be "all" or a list of names, not ${shown(value)}`);
  }
  const names = [...value];
  for (const name of names) {
    if (typeof name === "string" && [specialTokens, addedTokens].some((tokens) => Object.hasOwn(tokens, name))) continue;
    const known = Object.keys(specialTokens);
    const some = known.slice(0, 8).map((one) => `'${one}'`).join(", ");
    const others = known.length ? `: it has ${some}${known.length > 8 ? ", ..." : ""}` : ": it has none";
    const what = typeof name === "string" ? `'${name}'` : shown(name);
    throw unknown(engine, `${option}: ${what} is not a special token of this tokenizer`, String(name), known, others);
  }
  return names;
}

// The error about a name: what is wrong, and the known name that may be meant, or else what there is.
function unknown(engine, wrong, name, known, others) {
  return new MinitokError(wrong + decoder.decode(engine.call("suggest", [name, ...list(known), others])));
}

export const shown = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
