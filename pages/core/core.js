// The other side of rust/wasm/: the module, and its tokenizers as objects. rust/wasm/mod.rs says how bytes cross.

const NONE = 0xffff_ffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// What the core refuses, in its own words.
export class CoreError extends Error {}

export class Core {
  // `calls.progress(done)` and `calls.event(event)` are called while a training runs.
  static async load(address, calls = { progress() {}, event() {} }) {
    const answered = await fetch(address);
    if (!answered.ok) throw new Error(`${address}: ${answered.status} ${answered.statusText}`);
    const module = await WebAssembly.compile(await answered.arrayBuffer());
    const core = new Core();
    const event = (start, length) => calls.event(JSON.parse(decoder.decode(core.read(start, length))));
    core.exports = (await WebAssembly.instantiate(module, { page: { progress: calls.progress, event } })).exports;
    return core;
  }

  read(start, length) {
    return new Uint8Array(this.exports.memory.buffer, start, length);
  }

  // Call a function of the module: numbers go as they are, all else as bytes. Gives the bytes of its answer.
  call(name, given, ...numbers) {
    for (const argument of given) {
      const bytes = bytesOf(argument);
      const start = this.exports.take(bytes.length);
      this.read(start, bytes.length).set(bytes);
    }
    const hasFailed = this.exports[name](...numbers);
    const answer = this.read(this.exports.answer_start(), this.exports.answer_length()).slice();
    if (hasFailed) throw new CoreError(decoder.decode(answer));
    return answer;
  }

  numbers(name, given, ...numbers) {
    return new Uint32Array(this.call(name, given, ...numbers).buffer);
  }

  // Which of the alternatives matches at each place of a text: its number (null for none) and where the match ends.
  firstMatches(text, places, sources) {
    const found = this.numbers("first_matches", [text, Uint32Array.from(places), ...sources]);
    return Array.from(places, (_, at) => (found[2 * at] === NONE ? null : { index: found[2 * at], end: found[2 * at + 1] }));
  }

  // How a split pattern is run, in a few words.
  describe(pattern) {
    return decoder.decode(this.call("describe", [pattern]));
  }

  // The shortest text that two patterns cut differently; null if there is none, or if it is not known.
  difference(one, other) {
    return decoder.decode(this.call("difference", [one, other])) || null;
  }

  // A packed vocabulary, without the ids from `below` on.
  openPacked(data, below, described) {
    return this.open("open_packed", [data], described, below ?? NONE);
  }

  openMerges(byteOrder, merges, described) {
    return this.open("open_merges", [byteOrder, Uint32Array.from(merges.flat())], described);
  }

  // Tokens are pairs of an id and bytes.
  openTokens(tokens, merges, wholePieces, described) {
    const ids = Uint32Array.from(tokens, ([id]) => id);
    const lengths = Uint32Array.from(tokens, ([, token]) => token.length);
    const bytes = join(tokens.map(([, token]) => token));
    return this.open("open_tokens", [ids, lengths, bytes, Uint32Array.from(merges.flat())], described, wholePieces ? 1 : 0);
  }

  open(how, given, described, ...numbers) {
    const { pattern, special_tokens: special } = described;
    const ids = Uint32Array.from(Object.values(special));
    const [number, nIds] = this.numbers(how, [...given, pattern, ids, ...Object.keys(special)], ...numbers);
    return new Tokenizer(this, number, nIds, described);
  }
}

// A tokenizer of the core. `described` is { name, pattern, special_tokens }, and what else the one who opened it wants to keep.
export class Tokenizer {
  constructor(core, number, nIds, described) {
    Object.assign(this, described, { core, number });
    this.specialTokens = described.special_tokens;
    this.nVocab = Math.max(nIds, ...Object.values(this.specialTokens).map((id) => id + 1));
  }

  close() {
    this.core.call("close", [], this.number);
  }

  // The ids of a text; where special tokens are allowed, they are found.
  encode(text, special = false) {
    return this.core.numbers("encode", [text], this.number, special ? 1 : 0);
  }

  decode(ids) {
    return this.core.call("decode", [Uint32Array.from(ids)], this.number);
  }

  lengths(ids) {
    return this.core.numbers("lengths", [Uint32Array.from(ids)], this.number);
  }

  // The bytes of each of some ids.
  tokens(ids) {
    const [bytes, lengths] = [this.decode(ids), this.lengths(ids)];
    let end = 0;
    return Array.from(lengths, (length) => {
      end += length;
      return bytes.subarray(end - length, end);
    });
  }

  // The text between special tokens, without an id, and these themselves.
  segments(text, special) {
    const found = this.core.numbers("segments", [text], this.number, special ? 1 : 0);
    return chunks(found, 3).map(([start, end, id]) => ({ start, end, id: id === NONE ? null : id }));
  }

  // Where each piece of a text without special tokens ends.
  pieceEnds(text) {
    return this.core.numbers("pieces", [text], this.number);
  }

  // Rank and id of the merge of each pair, null for a pair that does not merge.
  mergesOf(pairs) {
    const found = this.core.numbers("merges_of", [Uint32Array.from(pairs.flat())], this.number);
    return chunks(found, 2).map(([rank, id]) => (id === NONE ? null : { rank, id }));
  }

  trace(text, special) {
    return lines(this.core.call("trace", [text], this.number, special ? 1 : 0));
  }

  // The merges of some parts, whether or not they are taken whole; `piece` is the number that the events carry.
  traceParts(ids, piece) {
    return lines(this.core.call("trace_parts", [Uint32Array.from(ids)], this.number, piece));
  }
}

function bytesOf(argument) {
  if (typeof argument === "string") return encoder.encode(argument);
  return new Uint8Array(argument.buffer, argument.byteOffset, argument.byteLength);
}

export function join(parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function chunks(numbers, size) {
  return Array.from({ length: numbers.length / size }, (_, at) => [...numbers.subarray(size * at, size * at + size)]);
}

function lines(bytes) {
  return decoder.decode(bytes).split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
