// Why a text has its ids: python/minitok/explain/build.py and alternatives.py, function for function, over the core's traces of
// pieces. What is made here has the shape of python/minitok/explain/model.py as JSON, and tests hold the two together.

import { join } from "../js/engine.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
// How many bytes of the piece behind the wanted one are explained with it.
const AFTER = 512;
// The patterns that a text is shown under, besides its own.
const LANES = ["gpt2", "cl100k", "o200k"];
// What stands between patterns that cut in turn, and before one of bytes.
const [THEN, BYTES] = ["(?#then)", "(?#bytes)"];

// Bytes as JSON: a string where they are UTF-8.
export function written(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return { hex: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
  }
}

// The place, or the one before it at which no character is cut in two.
export function wholeCharacters(bytes, end) {
  let place = end;
  while (place > 0 && place < bytes.length && (bytes[place] & 0xc0) === 0x80) place -= 1;
  return place;
}

// The alternatives of a pattern, cut at each "|" that stands in no group and no set; with each, whether one before it has said
// "(?i)".
export function topLevel(pattern) {
  const found = [];
  let [depth, sets, start, ignoreCase, ignoredBefore] = [0, 0, 0, false, false];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === "\\") at += 1;
    else if (char === "[") sets += 1;
    else if (sets) sets -= char === "]" ? 1 : 0;
    else if (char === "(" || char === ")") {
      depth += char === "(" ? 1 : -1;
      ignoreCase ||= depth === 1 && pattern.startsWith("(?i)", at);
    } else if (char === "|" && depth === 0) {
      found.push([pattern.slice(start, at), ignoredBefore]);
      [start, ignoredBefore] = [at + 1, ignoreCase];
    }
  }
  return [...found, [pattern.slice(start), ignoredBefore]];
}

// Explains what the tokenizers of a core do. `patterns` holds source and labels of each named pattern.
export class Explainer {
  constructor(core, patterns) {
    Object.assign(this, { core, patterns });
  }

  // The patterns that cut in turn, with the names of families spelled out.
  steps(pattern) {
    return pattern.split(THEN).flatMap((part) => {
      const named = Object.hasOwn(this.patterns, part) ? this.patterns[part] : null;
      return (named?.is_family ? named.source : part).split(THEN);
    });
  }

  alternatives(pattern) {
    if (pattern === "none") return [];
    const named = Object.hasOwn(this.patterns, pattern) ? this.patterns[pattern]
      : Object.values(this.patterns).find(({ source }) => source === pattern);
    return topLevel(named?.source ?? pattern).map(([source, ignoreCase], index) => ({
      compiled: ignoreCase ? `(?i)${source}` : source,
      shown: { index, label: named?.labels?.[index] ?? source, source },
    }));
  }

  // How a pattern is run, and the shortest text that it cuts otherwise than the first.
  machine(pattern, first) {
    const differs = pattern === first ? null : this.core.difference(first, pattern);
    return { scanned: this.core.describe(pattern), differs };
  }

  // The pieces of a text as [start, end, the alternative that made it]. Of patterns that cut in turn, the last that matched a piece
  // made it.
  labelled(pattern, text) {
    const steps = this.steps(pattern);
    if (steps.length === 1) return this.labelledOnce(pattern, text);
    return steps.reduce((pieces, step) => pieces.flatMap(([start, end, before]) =>
      this.labelled(step, text.subarray(start, end)).map(([from, to, made]) => [start + from, start + to, made ?? before])),
    text.length ? [[0, text.length, null]] : []);
  }

  labelledOnce(pattern, text) {
    if (pattern.startsWith(BYTES)) {
      const [chars, places] = charsOf(text);
      const byte = new Map(Array.from(places, (place, at) => [place, at]));
      const pieces = this.labelled(pattern.slice(BYTES.length), chars);
      return pieces.map(([start, end, made]) => [byte.get(start), byte.get(end), made]);
    }
    const ends = [...this.core.pieces(pattern, text)];
    const starts = [0, ...ends.slice(0, -1)].slice(0, ends.length);
    const made = this.made(pattern, text, starts, ends);
    return starts.map((start, at) => [start, ends[at], made[at]]);
  }

  // Of some pieces of a text, the first alternative that matches at each, if its match ends with the piece.
  made(pattern, text, starts, ends) {
    const all = this.alternatives(pattern);
    if (!all.length) return starts.map(() => null);
    const found = this.core.firstMatches(text, starts, all.map((one) => one.compiled));
    return found.map((match, at) => (match && match.end === ends[at] ? all[match.index].shown : null));
  }

  // The alternative that made one piece of a text, without labelling the others.
  label(pattern, text, start, end) {
    const steps = this.steps(pattern);
    let [found, within, from, to] = [null, text, start, end];
    steps.forEach((step, number) => {
      // The piece of this step in which the wanted one lies.
      let [first, last] = [from, to];
      if (number < steps.length - 1) {
        const ends = this.core.pieces(step, within);
        const place = ends.findIndex((one) => one >= to);
        [first, last] = [place ? ends[place - 1] : 0, ends[place]];
      }
      found = this.labelOfStep(step, within, first, last) ?? found;
      [within, from, to] = [within.subarray(first, last), from - first, to - first];
    });
    return found;
  }

  labelOfStep(step, text, start, end) {
    if (step.startsWith(BYTES)) {
      const [chars, places] = charsOf(text);
      return this.label(step.slice(BYTES.length), chars, places[start], places[end]);
    }
    return this.made(step, text, [start], [end])[0];
  }

  // The text as it is when it is cut, and the pieces and tokens in it.
  lane(tok, text, special) {
    const units = tok.units(text, special);
    const labels = hasWords(tok) ? units.map(() => null) : this.labels(tok, units);
    let end = 0;
    const pieces = units.map(({ id, data }, at) => {
      const start = end;
      end += data.length;
      return { start, end, ...kind(tok, id), alternative: labels[at] };
    });
    return [join(units.map(({ data }) => data)), pieces];
  }

  // What made each of all units of a text.
  labels(tok, units) {
    const segments = [];
    units.forEach((unit, at) => {
      if (at && unit.segment === units[at - 1].segment) segments.at(-1).push(unit);
      else segments.push([unit]);
    });
    return segments.flatMap((inside) => (inside[0].id === null
      ? this.labelled(tok.pattern, join(inside.map(({ data }) => data))).map(([, , made]) => made) : [null]));
  }

  // All of a text explained: the text that the tokens spell, its pieces, and what other patterns would make of it.
  explain(tok, text, special) {
    if (tok.symbols) throw new NotExplained(NOT_SPELLED);
    const units = tok.units(text, special);
    const labels = hasWords(tok) ? units.map(() => null) : this.labels(tok, units);
    const pieces = explainUnits(tok, units.map((unit, at) => ({ ...unit, alternative: labels[at] })));
    const data = tok.bytesOf(pieces.flatMap(({ tokens }) => tokens.map(({ id }) => id)));
    const found = pieces.filter(({ number }) => number === null);
    const own = { pattern: tok.pattern, pieces: pieces.map((piece) => lanePiece(piece.start, piece.end, piece.alternative, piece)) };
    const others = LANES.filter((pattern) => pattern !== tok.pattern).map((pattern) => ({ pattern, pieces: this.between(pattern, data, found) }));
    return { text: written(data), pieces, lanes: [own, ...others].map((lane) => ({ ...lane, ...this.machine(lane.pattern, tok.pattern) })) };
  }

  // The pieces that a pattern makes of the text between the tokens that are found in it, and these themselves.
  between(pattern, data, found) {
    let done = 0;
    return [...found, null].flatMap((token) => {
      const [begin, end] = [done, token ? token.start : data.length];
      const pieces = this.labelled(pattern, data.subarray(begin, end)).map(([from, to, made]) => lanePiece(begin + from, begin + to, made));
      done = token ? token.end : end;
      return token ? [...pieces, lanePiece(end, done, null, token)] : pieces;
    });
  }

  // The piece, or the token that is found, in which byte `at` of the text lies, as the tokens spell it, explained with the
  // beginning of its neighbour. Gives where it begins, the piece, and both pieces.
  explainAt(tok, text, at, special, longest) {
    if (tok.symbols) throw new NotExplained(NOT_SPELLED);
    const units = tok.units(text, special);
    const size = units.at(-1)?.end ?? 0;
    const number = units.findIndex((unit) => at < unit.end);
    if (at < 0 || number < 0) throw new RangeError(`there is no byte ${at} in a text of ${size} bytes`);
    const unit = units[number];
    if (unit.end - unit.start > longest) {
      const [long, most] = [unit.end - unit.start, longest].map((bytes) => bytes.toLocaleString("en"));
      throw new RangeError(`a piece of ${long} bytes is too long to draw (limit: ${most} bytes)`);
    }
    const after = units.slice(number + 1).find((one) => one.end > unit.end);
    const shown = [{ ...unit, alternative: this.alternative(tok, units, number) }];
    if (after) shown.push({ ...after, data: after.id === null ? beginning(after.data) : after.data });
    const pieces = explainUnits(tok, shown);
    return { start: unit.start, piece: pieces[0], pieces };
  }

  // What made a piece of a text.
  alternative(tok, units, number) {
    const { id, segment, data } = units[number];
    if (id !== null || hasWords(tok)) return null;
    let first = number;
    while (first && units[first - 1].segment === segment) first -= 1;
    let last = number;
    while (last < units.length && units[last].segment === segment) last += 1;
    const start = units.slice(first, number).reduce((sum, one) => sum + one.data.length, 0);
    return this.label(tok.pattern, join(units.slice(first, last).map((one) => one.data)), start, start + data.length);
  }
}

const lanePiece = (start, end, alternative, { special, added } = { special: false, added: false }) => ({ start, end, special, added, alternative });

// A tokenizer whose encodings are not explained.
export class NotExplained extends Error {}

const NOT_SPELLED = 
  "this tokenizer cannot be explained: text without a token becomes the unknown token, or is dropped (SPEC S7)";
const hasWords = (tok) => tok.words !== null || tok.wordEnd !== null;
const beginning = (data) => data.subarray(0, wholeCharacters(data, AFTER));

// Which kind of token an id is that was found in a text; of a piece (null), neither.
const kind = (tok, id) => ({ special: id !== null && !tok.addedIds.has(id), added: id !== null && tok.addedIds.has(id) });

// The bytes of a text, each as the character that GPT-2's files write for it (SPEC P9), in UTF-8; and where each begins, and the
// last ends.
function charsOf(text) {
  const places = new Uint32Array(text.length + 1);
  const chars = Array.from(text, (byte, at) => {
    places[at + 1] = places[at] + encoder.encode(CHARS[byte]).length;
    return CHARS[byte];
  });
  return [encoder.encode(chars.join("")), places];
}

const isPrintable = (byte) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
let others = 0;
const CHARS = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : 256 + others++));

// All of some units explained.
function explainUnits(tok, units) {
  const pieces = [];
  let [at, number] = [0, 0];
  for (const unit of units) {
    const events = eventsOf(tok, unit, number, at);
    if (unit.id === null) number += 1;
    const [{ end }] = events;
    if (end > at) pieces.push(readPiece(tok, events, unit));
    at = end;
  }
  pieces.forEach((piece, index) => { addBoundary(tok, piece, pieces[index + 1]); });
  addCharacters(pieces, tok.bytesOf(pieces.flatMap((piece) => piece.tokens.map(({ id }) => id))));
  return pieces;
}

// The events of a unit, with offsets in the text that the tokens spell.
function eventsOf(tok, { id, data }, number, start) {
  if (id !== null) return [{ event: "special", start, end: start + data.length, id }];
  const events = tok.tracePiece(data, number, start);
  const [piece] = events;
  if (piece.whole === null) piece.end = start + tok.bytesOf(piece.ids).length;
  return events;
}

// One piece of the trace, or one token that was found. Tokens do not know their bytes and characters yet.
function readPiece(tok, [first, ...merges], { id, alternative = null }) {
  const { start, end } = first;
  if (id !== null) {
    const tokens = [token(id, start, end, null)];
    return {
      start, end, ...kind(tok, id), whole: false, alternative: null, number: null, tokens, parts: [], blocked: [],
    };
  }
  const isWhole = first.whole !== null;
  const steps = isWhole ? tok.traceParts(first.ids, first.piece) : merges;
  const { parts, standing, blocked } = replay(first.ids, tok.lengths(first.ids), start, steps);
  let tokens = standing.map((at) => token(parts[at].id, parts[at].start, parts[at].end, at));
  if (isWhole && !(tokens.length === 1 && tokens[0].id === first.whole)) tokens = [token(first.whole, start, end, null)];
  return {
    start, end, ...kind(tok, null), whole: isWhole, alternative, number: first.piece, tokens, parts, blocked,
  };
}

const token = (id, start, end, part) => ({ id, token: "", start, end, first_char: 0, last_char: 0, part });

// All parts that ever stood, the numbers of those that stand at the end, and the merges that a step blocked.
function replay(ids, sizes, start, steps) {
  let last = start;
  const parts = ids.map((id, at) => {
    const first = last;
    last += sizes[at];
    return { id, start: first, end: last, rank: null, left: null, right: null };
  });
  const standing = parts.map((_, at) => at);
  const blocked = [];
  for (const step of steps) {
    const { winner } = step;
    for (const candidate of step.candidates) {
      // The winner takes its two parts; a candidate beside it shares one of them.
      if (Math.abs(candidate.place - winner) === 1) {
        const [left, right] = [0, 1].map((side) => parts[standing[candidate.place + side]]);
        blocked.push(block(left, right, candidate, step));
      }
    }
    const [left, right] = [standing[winner], standing[winner + 1]];
    parts.push({ id: step.id, start: parts[left].start, end: parts[right].end, rank: step.rank, left, right });
    standing.splice(winner, 2, parts.length - 1);
  }
  return { parts, standing, blocked };
}

// A merge that did not happen, because of a step or of a boundary.
function block(left, right, { rank, id }, step) {
  return {
    left: left.id, right: right.id, id, rank, start: left.start, middle: left.end, end: right.end,
    reason: step ? "merge" : "boundary", step: step?.step ?? null, by: step?.id ?? null,
  };
}

// Add the merges that the end of a piece prevented: of each part that ended there with each part that began the next piece.
function addBoundary(tok, piece, after) {
  const lefts = piece.parts.filter((part) => part.end === piece.end);
  const rights = (after?.parts ?? []).filter((part) => part.start === after.start);
  const pairs = lefts.flatMap((left) => rights.map((right) => [left, right]));
  const merges = tok.mergesOf(pairs.map(([left, right]) => [left.id, right.id]));
  const stopped = pairs.flatMap(([left, right], at) => (merges[at] ? [block(left, right, merges[at], null)] : []));
  piece.blocked.push(...stopped.sort((one, other) => one.rank - other.rank || one.start - other.start));
}

// Give the tokens their bytes and their characters: a character begins at every byte that does not continue one.
function addCharacters(pieces, text) {
  let begun = 0;
  for (const one of pieces.flatMap((piece) => piece.tokens)) {
    const bytes = text.subarray(one.start, one.end);
    const continues = bytes.length > 0 && (bytes[0] & 0xc0) === 0x80 && begun > 0;
    one.token = written(bytes);
    one.first_char = begun - (continues ? 1 : 0);
    begun += bytes.filter((byte) => (byte & 0xc0) !== 0x80).length;
    one.last_char = begun;
  }
}

// All ids that the pieces name, ascending.
export function spokenOf(pieces) {
  const named = new Set();
  for (const { tokens, parts, blocked } of pieces) {
    for (const { id } of [...tokens, ...parts]) named.add(id);
    for (const { left, right, id } of blocked) for (const one of [left, right, id]) named.add(one);
  }
  return [...named].sort((one, other) => one - other);
}
