// The WebAssembly module, and its tokenizers as objects. rust/wasm/mod.rs says how bytes cross.

import { MinitokError } from "./errors.js";

// Stands for no id, no place and no number.
export const NONE = 0xffff_ffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// One instance of the module.
export class Engine {
  // `Kept` is the class of its tokenizers; `imports` are what a module calls that trains (pages/core/core.js).
  static async of(bytes, Kept, imports = {}) {
    const engine = Object.assign(new this(), { Kept, failure: null });
    engine.exports = (await WebAssembly.instantiate(await WebAssembly.compile(bytes), imports)).exports;
    return engine;
  }

  read(start, length) {
    return new Uint8Array(this.exports.memory.buffer, start, length);
  }

  // Calls a function of the module: numbers go as they are, all else as bytes. Gives the bytes of its answer.
  call(name, given, ...numbers) {
    if (this.failure) throw new MinitokError(`the engine has failed before: ${this.failure.message}`);
    try {
      for (const argument of given) {
        const bytes = bytesOf(argument);
        const start = this.exports.take(bytes.length);
        this.read(start, bytes.length).set(bytes);
      }
      const hasFailed = this.exports[name](...numbers);
      const answer = this.read(this.exports.answer_start(), this.exports.answer_length()).slice();
      if (!hasFailed) return answer;
      throw new MinitokError(decoder.decode(answer));
    } catch (error) {
      // What is left of a module that has been stopped is not to be trusted.
      if (error instanceof WebAssembly.RuntimeError) this.failure = error;
      throw error;
    }
  }

  numbers(name, given, ...numbers) {
    return new Uint32Array(this.call(name, given, ...numbers).buffer);
  }

  // A packed vocabulary, without the ids from `below` on.
  openPacked(data, below, described) {
    return this.open("open_packed", [data], described, below ?? NONE);
  }

  openMerges(byteOrder, merges, described) {
    return this.open("open_merges", [byteOrder, Uint32Array.from(merges.flat())], described);
  }

  // Tokens are pairs of an id and bytes. `begins` is what pieces begin as: { fallback, drops_bytes, symbols }, all of which may be
  // missing.
  openTokens(tokens, merges, wholePieces, described, begins = {}) {
    const { fallback, drops_bytes: drops, symbols } = begins;
    const facts = symbols ? [symbols.unknown ?? NONE, symbols.fuses ? 1 : 0] : [];
    const parts = symbols ? [symbols.unit, symbols.prefix, symbols.suffix, ...(symbols.joining ?? [])] : [];
    const given = [Uint32Array.from(tokens, ([id]) => id), ...list(tokens.map(([, token]) => token)),
      Uint32Array.from(merges.flat()), Uint32Array.from(fallback ?? []), Uint32Array.from(facts), ...list(parts)];
    return this.open("open_tokens", given, described, wholePieces ? 1 : 0, drops ? 1 : 0);
  }

  // `described` is { name, pattern, special_tokens } and, where they are there, the other fields of minitok's files that ids depend on
  // (`steps` are those of the normalizer), and what else the one who opens it wants to keep.
  open(how, given, described, ...numbers) {
    const { pattern, special_tokens: special, added_tokens: added = {} } = described;
    const { late_tokens: late = [], token_flags: flags = {}, steps = [], prefix, words, word_end: end } = described;
    const found = { ...special, ...added };
    const optional = (text) => list(text === undefined || text === null ? [] : [text]);
    const done = [...groups(Object.entries(flags).map(([name, own]) => [name, ...own])), ...groups(steps)];
    const kept = [Uint32Array.from(Object.values(found)), ...list(Object.keys(found)), ...list(Object.keys(added)), ...list(late)];
    const rules = [prefix, words, end].flatMap(optional);
    const [number, nIds] = this.numbers(how, [...given, pattern, ...kept, ...done, ...rules], ...numbers);
    return new this.Kept(this, number, nIds, described);
  }
}

function bytesOf(argument) {
  if (typeof argument === "string") return encoder.encode(argument);
  return new Uint8Array(argument.buffer, argument.byteOffset, argument.byteLength);
}

// A list as the module reads it: the lengths of what is in it, and all of it end to end.
export function list(parts) {
  const bytes = parts.map(bytesOf);
  return [Uint32Array.from(bytes, (part) => part.length), join(bytes)];
}

// A list of groups: their sizes, and one list of all that they hold.
const groups = (all) => [Uint32Array.from(all, (group) => group.length), ...list(all.flat())];

export function join(parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
