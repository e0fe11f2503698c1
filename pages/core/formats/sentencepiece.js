// SentencePiece's .model, BPE with byte fallback: python/minitok/formats/sentencepiece.py, and the ranks of scores as
// python/minitok/reference/published/ranks.py makes them (SPEC S2).

import { binary, BYTES, characters } from "./bytes.js";
import { elsewhere, WrongFile } from "./wrong.js";

const [NORMAL, , , USER_DEFINED, UNUSED, BYTE] = [1, 2, 3, 4, 5, 6];
const MODELS = { 1: "Unigram", 2: "BPE", 3: "words", 4: "characters" };
const MARK = "\xe2\x96\x81";
const LONGEST = 1024;
const decoder = new TextDecoder();

// A file begins with a piece, which begins with its text.
export const isModel = (data) => data[0] === 0x0a && data[2] === 0x0a;

export function readModel(data) {
  const pieces = [];
  const options = { 2: new Map(), 3: new Map() };
  for (const [number, value, at] of fields(data, 0, data.length)) {
    if (number === 1 && value instanceof Uint8Array) pieces.push(readPiece(value, at));
    else if (options[number] && value instanceof Uint8Array) for (const [inner, content] of fields(value, 0, value.length)) options[number].set(inner, content);
  }
  if (!pieces.length) throw new WrongFile("not a SentencePiece model: it has no pieces");
  checkOptions(options[2], options[3]);
  return { ...sorted(pieces), pattern: "none", prefix: (options[3].get(3) ?? 1) ? "text" : "never" };
}

function readPiece(data, at) {
  const piece = { text: new Uint8Array(), score: 0, kind: NORMAL };
  for (const [number, value] of fields(data, 0, data.length)) {
    if (number === 1) piece.text = value;
    else if (number === 2) piece.score = value;
    else if (number === 3) piece.kind = value;
  }
  const isWhole = piece.text.length && !Number.isNaN(piece.score) && piece.kind >= NORMAL && piece.kind <= BYTE;
  if (!isWhole) throw new WrongFile(`the piece at byte ${at} has no text, no score or no known type`);
  return piece;
}

// The fields of a message: number, value, and where it begins.
function* fields(data, from, end) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = from;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new WrongFile(`the file is truncated at byte ${at}`);
      const byte = data[at];
      value += (byte & 0x7f) * 2 ** shift;
      at += 1;
      if (byte < 0x80) return value;
    }
    throw new WrongFile(`the number that ends at byte ${at} is longer than 64 bits`);
  };
  while (at < end) {
    const start = at;
    const key = varint();
    const wire = key % 8;
    let value;
    if (wire === 0) {
      value = varint();
    } else if (wire === 2) {
      const length = varint();
      if (at + length > end) throw new WrongFile(`the field at byte ${start} reaches beyond its message, which ends at byte ${end}`);
      value = data.subarray(at, at + length);
      at += length;
    } else if (wire === 5 || wire === 1) {
      const size = wire === 5 ? 4 : 8;
      if (at + size > end) throw new WrongFile(`the file is truncated at byte ${at}`);
      value = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
      at += size;
    } else {
      throw new WrongFile(`the field at byte ${start} has the unknown type ${wire}`);
    }
    yield [Math.floor(key / 8), value, start];
  }
}

function checkOptions(trainer, normalizer) {
  const model = trainer.get(3) ?? 1;
  if (model !== 2) throw new WrongFile(`the model is ${MODELS[model] ?? model}; minitok reads BPE`);
  if (!trainer.get(35)) throw new WrongFile("the model has no byte_fallback: unknown characters would be lost");
  if (trainer.get(24)) throw new WrongFile("the model has treat_whitespace_as_suffix");
  if (normalizer.get(2)?.length) throw new WrongFile("the normalizer replaces characters (precompiled_charsmap), which minitok does not support");
  if (normalizer.get(4) ?? 1) throw new WrongFile("the normalizer has remove_extra_whitespaces, which minitok does not support");
  if (!(normalizer.get(5) ?? 1)) throw new WrongFile("the normalizer does not write spaces as markers (escape_whitespaces)");
}

function sorted(pieces) {
  const [scored, bytes, special, added, ids] = [[], new Map(), {}, {}, new Map()];
  pieces.forEach(({ text, score, kind }, id) => {
    const token = binary(text);
    if (kind === NORMAL) {
      const plain = token.replaceAll(MARK, " ");
      if (ids.has(plain)) throw new WrongFile(`the piece ${id} has the ids ${ids.get(plain)} and ${id}`);
      ids.set(plain, id);
      scored.push([plain, score]);
    } else if (kind === BYTE) {
      const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
      if (!byte) throw new WrongFile(`the piece ${id} does not name a byte`);
      bytes.set(parseInt(byte[1], 16), id);
    } else if (kind === UNUSED) {
      throw new WrongFile(`the piece ${id} is unused, which minitok does not support`);
    } else if (kind === USER_DEFINED && token.includes(" ")) {
      throw elsewhere("a user-defined piece with a space");
    } else {
      const name = decoder.decode(text);
      if (!Object.hasOwn(special, name) && !Object.hasOwn(added, name)) (kind === USER_DEFINED ? added : special)[name] = id;
    }
  });
  const missing = BYTES.findIndex((_, byte) => !bytes.has(byte));
  if (missing >= 0) throw new WrongFile(`the byte 0x${missing.toString(16).padStart(2, "0")} has no piece`);
  const fallback = BYTES.map((_, byte) => bytes.get(byte));
  const tokens = [...[...ids].map(([token, id]) => [id, btoa(token)]), ...fallback.map((id, byte) => [id, btoa(BYTES[byte])])];
  const found = { special_tokens: special, added_tokens: added, late_tokens: Object.keys(added) };
  return { tokens, merges: mergesOf(scored, ids), whole_pieces: false, fallback, ...found };
}

// The merge that makes each piece, in the order of scores.
export function mergesOf(scored, ids) {
  const ranks = ranksOf(scored);
  const merges = [];
  for (const [piece, rank] of ranks) {
    if (piece.length > LONGEST) throw elsewhere(`a piece of ${piece.length} bytes`);
    const parts = characters(piece);
    const lost = parts.find((char) => !ids.has(char));
    if (lost !== undefined) throw new WrongFile("a piece holds a character that is not a piece");
    while (parts.length > 1) {
      let [lowest, at] = [Infinity, -1];
      for (let place = 0; place + 1 < parts.length; place += 1) {
        const found = ranks.get(parts[place] + parts[place + 1]) ?? Infinity;
        if (found < lowest) [lowest, at] = [found, place];
      }
      if (at < 0) break;
      if (parts.length === 2) {
        merges.push([ids.get(parts[0]), ids.get(parts[1]), ids.get(piece), rank]);
        break;
      }
      parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
  }
  return merges;
}

// Pieces of equal score share a rank, unless all of them are runs of one character: then the longest comes first.
function ranksOf(scored) {
  const made = scored.map(([piece, score]) => [piece, score, characters(piece)]).filter(([, , chars]) => chars.length > 1);
  made.sort(([one, high, ], [other, low]) => low - high || other.length - one.length || (one < other ? -1 : 1));
  const ranks = new Map();
  let rank = 0;
  for (let at = 0; at < made.length;) {
    let end = at;
    while (end < made.length && made[end][1] === made[at][1]) end += 1;
    const group = made.slice(at, end);
    const step = group.every(([, , chars]) => new Set(chars).size === 1) ? 1 : 0;
    for (const [piece] of group) {
      ranks.set(piece, rank);
      rank += step;
    }
    rank += 1 - step;
    at = end;
  }
  return ranks;
}
