// The published encodings. `ENCODINGS` has a function for each, which imports what is known of it.

import { bytesAt } from "./bytes.js";
import { ENCODINGS } from "./encodings/all.js";
import { decoder } from "./engine.js";
import { published } from "./loaded.js";
import { openPublished } from "./opened.js";
import { shown } from "./options.js";
import { Tokenizer } from "./tokenizer.js";

export async function getEncoding(name) {
  return open(Object.hasOwn(ENCODINGS, name) ? name : await meant("encoding_named", name));
}

export const listEncodingNames = () => Object.keys(ENCODINGS);

export async function encodingForModel(model) {
  return open(await meant("encoding_of_model", model));
}

export async function load(source, options) {
  if (typeof source === "string" || source instanceof URL) return Tokenizer.fromFile(await bytesAt(source), options);
  return Tokenizer.fromFile(source instanceof Blob ? await source.arrayBuffer() : source, options);
}

// The engine knows what names mean, and what may be meant by others.
async function meant(how, name) {
  if (typeof name !== "string") throw new TypeError(`a name must be a string, not ${shown(name)}`);
  return decoder.decode((await published.engine(Tokenizer)).call(how, [name]));
}

const open = async (name) => openPublished(await ENCODINGS[name]());
