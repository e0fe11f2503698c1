// The core as the pages ask it: minitok for JavaScript (js/), and what its module has with the feature `pages`.

import { Engine, list, NONE } from "../js/engine.js";
import { Tokenizer } from "../js/tokenizer.js";

const decoder = new TextDecoder();

export class Core extends Engine {
  // `calls.progress(done)` and `calls.event(event)` are called while a training runs.
  static async load(module, calls = { progress() {}, event() {} }) {
    const event = (start, length) => calls.event(JSON.parse(decoder.decode(core.read(start, length))));
    const core = await Core.of(await WebAssembly.compile(module), Inspected, { page: { progress: calls.progress, event } });
    return core;
  }

  // GPT-2's two files: the bytes of both, their names, and the tokenizer's.
  openPair(vocab, merges, names) {
    return this.open("open_pair", [vocab, merges, ...names]);
  }

  // Where the head of a GGUF file of `size` bytes ends, which begins with these; null where more of them are needed.
  ggufEnd(data, size) {
    const [end] = this.numbers("gguf_end", [data], BigInt(size));
    return end === NONE ? null : end;
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
}

// A tokenizer into which the page looks. It has the fields of minitok's files.
class Inspected extends Tokenizer {
  // The name by which the page keeps that of a file.
  kept = null;

  constructor(core, number) {
    super(core, number);
    const { trained = null, chat = null, words = null, word_end: wordEnd = null, symbols = null, n_merges: nMerges } = this.description;
    Object.assign(this, { core, title: this.name, trained, chat, words, wordEnd, symbols, nMerges });
    this.foundTokens = { ...this.specialTokens, ...this.addedTokens };
    this.addedIds = new Set(Object.values(this.addedTokens));
  }

  get name() {
    return this.kept ?? super.name;
  }

  // The ids of a text. Added tokens are found in it, and where special tokens are allowed, these too.
  encode(text, special = false) {
    return this.core.numbers("encode", [text], this.opened(), special ? 1 : 0);
  }

  // The ids of a text with dropout (SPEC E11): a probability, and a seed of 32 bits.
  encodeWithDropout(text, special, dropout, seed) {
    return this.core.numbers("encode_with_dropout", [text], this.opened(), special ? 1 : 0, dropout, seed);
  }

  // The text of one of minitok's own files.
  file() {
    return decoder.decode(this.core.call("dump", [], this.opened()));
  }

  lengths(ids) {
    return this.core.numbers("lengths", [Uint32Array.from(ids)], this.opened());
  }

  // The bytes of some ids, end to end.
  bytesOf(ids) {
    return this.core.call("token_bytes", [Uint32Array.from(ids)], this.opened());
  }

  // The bytes of each of some ids.
  tokens(ids) {
    return cut(this.bytesOf(ids), this.lengths(ids));
  }

  // What a text is cut into: pieces, without an id, and tokens that are found in it. With each, its bytes, where it stands in the
  // text that the tokens spell, and the number of its segment.
  units(text, special) {
    const answer = this.core.call("units", [text], this.opened(), special ? 1 : 0);
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

  // The tokens that are found in all text of a conversation, whoever wrote it, by the chat templates of a model, or null (SPEC E8).
  everywhere(chat) {
    return JSON.parse(decoder.decode(this.core.call("everywhere", [JSON.stringify(chat)], this.opened())));
  }

  // The ids of a conversation, and the bytes of its text that each comes from. Tokens are found in the trusted stretches, and those of
  // some names everywhere (SPEC E8).
  conversation(text, stretches, everywhere) {
    const given = [text, Uint32Array.from(stretches.flat()), ...list(everywhere)];
    return chunks(this.core.numbers("conversation", given, this.opened()), 4)
      .map(([id, start, end, isFound]) => ({ id, start, end, isFound: isFound === 1 }));
  }

  // Rank and id of the merge of each pair, null for a pair that does not merge.
  mergesOf(pairs) {
    const found = this.core.numbers("merges_of", [Uint32Array.from(pairs.flat())], this.opened());
    return chunks(found, 2).map(([rank, id]) => (id === NONE ? null : { rank, id }));
  }

  // What encoding a piece does, which has a number and begins somewhere.
  tracePiece(data, number, start) {
    return lines(this.core.call("trace_piece", [data], this.opened(), number, start));
  }

  // The merges of some parts, whether or not they are taken whole; `piece` is the number that the events carry.
  traceParts(ids, piece) {
    return lines(this.core.call("trace_parts", [Uint32Array.from(ids)], this.opened(), piece));
  }
}

// Bytes cut into parts of some lengths.
function cut(bytes, lengths) {
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
}

function chunks(numbers, size) {
  return Array.from({ length: numbers.length / size }, (_, at) => [...numbers.subarray(size * at, size * at + size)]);
}

function lines(bytes) {
  return decoder.decode(bytes).split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
