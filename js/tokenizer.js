// A tokenizer: text to ids and back.

import { decoder, list, NONE } from "./engine.js";
import { MinitokError } from "./errors.js";
import { files } from "./loaded.js";
import { checkOptions, namesOf, shown } from "./options.js";
import { Session } from "./session.js";

// The kinds of borders at the ends of chunks, by their numbers.
const BORDERS = ["heading", "paragraph", "block", "line", "sentence", "wrap", "clause", "space", "word", "character", "end"];

// What nobody holds any more is forgotten by the module, too.
const unreachableTokenizers = new FinalizationRegistry(({ engine, number }) => {
  if (!engine.failure) engine.call("close", [], number);
});

export class Tokenizer {
  static async fromFile(data, options = {}) {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`data must be a Uint8Array or an ArrayBuffer, not ${shown(data)}`);
    const engine = await files.engine(Tokenizer);
    checkOptions(engine, options, ["name", "pattern"]);
    for (const [option, value] of Object.entries(options)) {
      if (typeof (value ?? "") !== "string") throw new TypeError(`${option} must be a string, not ${shown(value)}`);
    }
    return engine.openFile(bytes, options);
  }

  #description = null;

  // Made by an engine, which knows it by a number.
  constructor(engine, number) {
    Object.assign(this, { engine, number });
    unreachableTokenizers.register(this, { engine, number }, this);
  }

  // The fields of minitok's files, without tokens and merges. Asked when it is first needed, for that takes longer than a short text.
  get description() {
    this.#description ??= JSON.parse(decoder.decode(this.engine.call("description", [], this.opened())));
    return this.#description;
  }

  get name() {
    return this.description.name ?? null;
  }

  get vocabSize() {
    return this.description.vocab_size;
  }

  get pattern() {
    return this.description.pattern;
  }

  get specialTokens() {
    return this.description.special_tokens;
  }

  // The special tokens, and the added tokens that may mark something (SPEC E12).
  get controlTokens() {
    return this.description.control_tokens;
  }

  get addedTokens() {
    return (this.description.added_tokens ??= {});
  }

  encode(text, options) {
    const [name, given, ...numbers] = this.asked(text, options, "encode", 0);
    return this.engine.numbers(name, given, ...numbers);
  }

  count(text, options) {
    const [name, given, ...numbers] = this.asked(text, options, "count_ids", 1);
    return this.engine.numbers(name, given, ...numbers)[0];
  }

  isWithinTokenLimit(text, limit, options) {
    if (typeof limit !== "number" || Number.isNaN(limit)) throw new TypeError(`limit must be a number, not ${shown(limit)}`);
    const count = this.count(text, options);
    return count <= limit ? count : false;
  }

  decode(ids) {
    return decoder.decode(this.decodeBytes(ids));
  }

  decodeBytes(ids) {
    return this.engine.call("decode", [numbersOf(ids)], this.opened());
  }

  chunk(text, maxTokens, options = {}) {
    checkOptions(this.engine, options, ["at", "overlap", "overlapSentences", "fill", "allowedSpecial"]);
    const { at = "text", overlap = 0, overlapSentences = 0, fill = 0.5, allowedSpecial = [] } = options;
    if (typeof text !== "string") throw new TypeError(`text must be a string, not ${shown(text)}`);
    if (!text.isWellFormed()) throw new RangeError("the text contains a lone surrogate");
    const numbers = Object.entries({ maxTokens, overlap, overlapSentences }).map(([name, value]) => limitOf(name, value));
    if (typeof fill !== "number") throw new TypeError(`fill must be a number, not ${shown(fill)}`);
    const { allowed } = namesOf(this, { allowedSpecial });
    const given = [text, ...list(allowed), ...list(typeof at === "string" ? [at] : [...at])];
    const found = this.engine.numbers("chunks", given, this.opened(), ...numbers, fill);
    const chunks = [];
    for (let row = 0; row < found.length; row += 4) {
      const [start, end, tokens, kind] = found.subarray(row, row + 4);
      chunks.push({ text: text.slice(start, end), start, end, tokens, border: BORDERS[kind] });
    }
    return chunks;
  }

  session(text = "", options = {}) {
    return Session.open(this, this.opened(), text, namesOf(this, options));
  }

  close() {
    if (this.number === NONE) return;
    void this.description; // can be asked for ever
    unreachableTokenizers.unregister(this);
    this.engine.call("close", [], this.number);
    this.number = NONE;
  }

  // The call that encodes or counts: by names, if the caller says which special tokens are found or refused.
  asked(text, options, name, counts) {
    const [data, number] = [textOf(text), this.opened()];
    if (options === undefined) return [name, [data], number, 0];
    const { allowed, disallowed } = namesOf(this, options);
    return ["encode_allowing", [data, ...list(allowed), ...list(disallowed)], number, counts];
  }

  opened() {
    if (this.number === NONE) throw new MinitokError("the tokenizer is closed");
    return this.number;
  }
}

// A text as the engine takes it: a string, or bytes of UTF-8.
function textOf(text) {
  if (typeof text === "string" || text instanceof Uint8Array) return text;
  throw new TypeError(`text must be a string or a Uint8Array, not ${shown(text)}`);
}

function limitOf(name, value) {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number from 0 on, not ${shown(value)}`);
  return Math.min(value, NONE);
}

function numbersOf(ids) {
  if (ids instanceof Uint32Array) return ids;
  if (typeof ids?.[Symbol.iterator] !== "function") throw new TypeError(`ids must be a list of numbers, not ${shown(ids)}`);
  const all = [...ids];
  const wrong = all.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < NONE));
  if (wrong >= 0) throw new RangeError(`${shown(all[wrong])} at position ${wrong} is not an id`);
  return Uint32Array.from(all);
}
