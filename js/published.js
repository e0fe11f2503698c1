// The published encodings. `ENCODINGS` has a function for each, which imports what is known of it.

import { bytesAt } from "./bytes.js";
import { ENCODINGS, ENCODING_OF_MODEL, PREFIXES } from "./encodings/all.js";
import { MinitokError } from "./errors.js";
import { openPublished } from "./opened.js";
import { Tokenizer } from "./tokenizer.js";

export async function getEncoding(name) {
  if (Object.hasOwn(ENCODINGS, name)) return openPublished(await ENCODINGS[name]());
  throw new MinitokError(`unknown encoding '${name}'; there are ${listEncodingNames().join(", ")}`);
}

export const listEncodingNames = () => Object.keys(ENCODINGS);

export async function encodingForModel(model) {
  const [, named] = Object.entries(PREFIXES).find(([prefix]) => String(model).startsWith(prefix)) ?? [];
  const name = Object.hasOwn(ENCODING_OF_MODEL, model) ? ENCODING_OF_MODEL[model] : named;
  if (name === undefined) throw new MinitokError(`unknown model '${model}': load the file of its tokenizer`);
  return getEncoding(name);
}

export async function load(source, options) {
  if (typeof source === "string" || source instanceof URL) return Tokenizer.fromFile(await bytesAt(source), options);
  return Tokenizer.fromFile(source instanceof Blob ? await source.arrayBuffer() : source, options);
}
