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

  // Where each piece ends that a pattern makes of a text.
  pieces(pattern, text) {
    return this.numbers("pieces", [text, pattern]);
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

  open(how, given, described, ...numbers) {
    const { pattern, special_tokens: special, added_tokens: added = {} } = described;
    const { late_tokens: late = [], token_flags: flags = {}, steps = [], prefix, words, word_end: end } = described;
    const found = { ...special, ...added };
    const optional = (text) => list(text === undefined || text === null ? [] : [text]);
    const done = [...groups(Object.entries(flags).map(([name, own]) => [name, ...own])), ...groups(steps)];
    const kept = [Uint32Array.from(Object.values(found)), ...list(Object.keys(found)), ...list(Object.keys(added)), ...list(late)];
    const rules = [prefix, words, end].flatMap(optional);
    const [number, nIds] = this.numbers(how, [...given, pattern, ...kept, ...done, ...rules], ...numbers);
    return new Tokenizer(this, number, nIds, described);
  }
}

// A tokenizer of the core. `described` is { name, pattern, special_tokens } and, where they are there, the other fields of
// minitok's files that ids depend on (`steps` are those of the normalizer), and what else the one who opened it wants to keep.
export class Tokenizer {
  constructor(core, number, nIds, described) {
    Object.assign(this, described, { core, number });
    this.specialTokens = described.special_tokens;
    this.addedTokens = described.added_tokens ?? {};
    this.foundTokens = { ...this.specialTokens, ...this.addedTokens };
    this.addedIds = new Set(Object.values(this.addedTokens));
    this.nVocab = Math.max(nIds, ...Object.values(this.foundTokens).map((id) => id + 1));
  }

  close() {
    this.core.call("close", [], this.number);
  }

  // The ids of a text. Added tokens are found in it, and where special tokens are allowed, these too.
  encode(text, special = false) {
    return this.core.numbers("encode", [text], this.number, special ? 1 : 0);
  }

  decode(ids) {
    return this.core.call("decode", [Uint32Array.from(ids)], this.number);
  }

  lengths(ids) {
    return this.core.numbers("lengths", [Uint32Array.from(ids)], this.number);
  }

  // The bytes of some ids, end to end.
  bytesOf(ids) {
    return this.core.call("token_bytes", [Uint32Array.from(ids)], this.number);
  }

  // The bytes of each of some ids.
  tokens(ids) {
    return cut(this.bytesOf(ids), this.lengths(ids));
  }

  // What a text is cut into: pieces, without an id, and tokens that are found in it. With each, its bytes, where it stands in the
  // text that the tokens spell, and the number of its segment.
  units(text, special) {
    const answer = this.core.call("units", [text], this.number, special ? 1 : 0);
    const [count] = new Uint32Array(answer.buffer, 0, 1);
    const facts = chunks(new Uint32Array(answer.buffer, 4, 4 * count), 4);
    const data = cut(answer.subarray(4 + 16 * count), facts.map(([, , length]) => length));
    let end = 0;
    return facts.map(([segment, id, , spelled], at) => {
      const start = end;
      end += spelled;
      return { segment, id: id === NONE ? null : id, data: data[at], start, end };
    });
  }

  // The ids of a conversation, and the bytes of its text that each comes from. Tokens are found in the trusted stretches, and those of
  // some names everywhere (SPEC E8).
  conversation(text, stretches, everywhere) {
    const given = [text, Uint32Array.from(stretches.flat()), ...list(everywhere)];
    return chunks(this.core.numbers("conversation", given, this.number), 4)
      .map(([id, start, end, isFound]) => ({ id, start, end, isFound: isFound === 1 }));
  }

  // Rank and id of the merge of each pair, null for a pair that does not merge.
  mergesOf(pairs) {
    const found = this.core.numbers("merges_of", [Uint32Array.from(pairs.flat())], this.number);
    return chunks(found, 2).map(([rank, id]) => (id === NONE ? null : { rank, id }));
  }

  // What encoding a piece does, which has a number and begins somewhere.
  tracePiece(data, number, start) {
    return lines(this.core.call("trace_piece", [data], this.number, number, start));
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

// A list as the module reads it: the lengths of what is in it, and all of it end to end.
function list(parts) {
  const bytes = parts.map(bytesOf);
  return [Uint32Array.from(bytes, (part) => part.length), join(bytes)];
}

// A list of groups: their sizes, and one list of all that they hold.
const groups = (all) => [Uint32Array.from(all, (group) => group.length), ...list(all.flat())];

// Bytes cut into parts of some lengths.
function cut(bytes, lengths) {
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
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
