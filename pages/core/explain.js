// Why a text has its ids: python/minitok/explain/build.py, alternatives.py and excerpt.py, function for function, over the
// core's traces. What is made here has the shape of python/minitok/explain/model.py as JSON, and tests hold the two together.

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// What follows a piece and is explained with it.
const [AFTER, AFTER_BYTES] = [2, 512];
// A text of up to this many bytes can be explained as a whole.
const SHORT = 1 << 14;

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
  let [depth, start, inSet, ignoreCase, ignoredBefore] = [0, 0, false, false, false];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === "\\") at += 1;
    else if (inSet) inSet = char !== "]";
    else if (char === "[") inSet = true;
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

  alternatives(pattern) {
    if (pattern === "none") return [];
    const named = this.patterns[pattern] ?? Object.values(this.patterns).find(({ source }) => source === pattern);
    return topLevel(named?.source ?? pattern).map(([source, ignoreCase], index) => ({
      compiled: ignoreCase ? `(?i)${source}` : source,
      shown: { index, label: named?.labels[index] ?? source, source },
    }));
  }

  // How a pattern is run, and the shortest text that it cuts otherwise than the first.
  machine(pattern, first) {
    const differs = pattern === first ? null : this.core.difference(first, pattern);
    return { scanned: this.core.describe(pattern), differs };
  }

  // The pieces of the text between its special tokens, and these themselves.
  lane(tok, text, special) {
    const alternatives = this.alternatives(tok.pattern);
    const pieces = [];
    for (const { start, end, id } of tok.segments(text, special)) {
      if (id !== null) {
        pieces.push({ start, end, special: true, alternative: null });
        continue;
      }
      const segment = text.subarray(start, end);
      const ends = [...tok.pieceEnds(segment)];
      const starts = [0, ...ends.slice(0, -1)];
      const made = alternatives.length
        ? this.core.firstMatches(segment, starts, alternatives.map((one) => one.compiled)) : starts.map(() => null);
      made.forEach((match, at) => {
        const alternative = match && match.end === ends[at] ? alternatives[match.index].shown : null;
        pieces.push({ start: start + starts[at], end: start + ends[at], special: false, alternative });
      });
    }
    return pieces;
  }

  // The piece, or the special token, in which byte `at` of the text lies, explained with what follows it. Gives where the part of
  // the text begins that was explained, its pieces, and the one that was wanted.
  explainAt(tok, text, at, special, longest) {
    if (!(at >= 0 && at < text.length)) throw new RangeError(`there is no byte ${at} in a text of ${text.length} bytes`);
    const spans = pieceSpans(tok, text, special);
    const number = spans.findIndex(([, end]) => at < end);
    const [start, end] = spans[number];
    if (end - start > longest) {
      const [long, most] = [end - start, longest].map((size) => size.toLocaleString("en"));
      throw new RangeError(`a piece of ${long} bytes is too long to draw; the longest that is has ${most}`);
    }
    const last = Math.min(spans[Math.min(number + AFTER, spans.length - 1)][1], end + AFTER_BYTES);
    const windows = [[start, wholeCharacters(text, last)]];
    if (text.length <= SHORT) windows.push([0, text.length]);
    for (const [first, after] of windows) {
      const pieces = this.explain(tok, text.subarray(first, after), special);
      const piece = pieces.find((one) => first + one.start === start && first + one.end === end);
      if (piece) return { start: first, piece, pieces };
    }
    throw new RangeError("the pattern looks too far around this piece to explain it in so long a text");
  }

  // All pieces of a short text.
  explain(tok, text, special) {
    const groups = grouped(tok.trace(text, special));
    const cut = this.lane(tok, text, special);
    const pieces = groups.map((group, at) => readPiece(tok, group, cut[at].alternative));
    pieces.forEach((piece, at) => { addBoundary(tok, piece, pieces[at + 1]); });
    addCharacters(pieces, text);
    return pieces;
  }
}

function pieceSpans(tok, text, special) {
  return tok.segments(text, special).flatMap(({ start, end, id }) => {
    if (id !== null) return [[start, end]];
    let from = start;
    return Array.from(tok.pieceEnds(text.subarray(start, end)), (to) => {
      const span = [from, start + to];
      from = start + to;
      return span;
    });
  });
}

// The events piece by piece.
function grouped(events) {
  const groups = [];
  for (const event of events) {
    if (event.event === "encode_merge") groups.at(-1).push(event);
    else groups.push([event]);
  }
  return groups;
}

// One piece of the trace, or one special token. Tokens do not know their bytes and characters yet.
function readPiece(tok, [first, ...merges], alternative) {
  const { start, end } = first;
  if (first.event === "special") {
    const tokens = [token(first.id, start, end, null)];
    return { start, end, special: true, whole: false, alternative: null, tokens, parts: [], steps: [], blocked: [] };
  }
  const isWhole = first.whole !== null;
  const steps = isWhole ? tok.traceParts(first.ids, first.piece) : merges;
  const { parts, standing, blocked } = replay(first.ids, start, steps);
  let tokens = standing.map((at) => token(parts[at].id, parts[at].start, parts[at].end, at));
  if (isWhole && !(tokens.length === 1 && tokens[0].id === first.whole)) tokens = [token(first.whole, start, end, null)];
  return { start, end, special: false, whole: isWhole, alternative, tokens, parts, steps, blocked };
}

const token = (id, start, end, part) => ({ id, token: "", start, end, first_char: 0, last_char: 0, part });

// All parts that ever stood, the numbers of those that stand at the end, and the merges that a step blocked.
function replay(ids, start, steps) {
  const parts = ids.map((id, at) => ({ id, start: start + at, end: start + at + 1, rank: null, left: null, right: null }));
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
  for (const { tokens, parts, blocked, steps } of pieces) {
    for (const { id } of [...tokens, ...parts]) named.add(id);
    for (const { left, right, id } of blocked) for (const one of [left, right, id]) named.add(one);
    for (const { candidates } of steps) for (const { id } of candidates) named.add(id);
  }
  return [...named].sort((one, other) => one - other);
}
