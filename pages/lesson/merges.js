// What merges do to bytes, without the core: training, and encoding; and how ids are shown.

import { Refused } from "../static/refused.js";
import { chips, visible } from "../static/visible.js";

const encoder = new TextEncoder();

// The bytes of each token: merge k, a pair of ids, makes id 256 + k.
export function tokensOf(merges) {
  const tokens = new Map(Array.from({ length: 256 }, (_, byte) => [byte, Uint8Array.of(byte)]));
  merges.forEach(([left, right], rank) => tokens.set(256 + rank, Uint8Array.of(...tokens.get(left), ...tokens.get(right))));
  return tokens;
}

// A pair replaced by an id, from left to right.
export function mergePair(ids, [left, right], id) {
  const made = [];
  for (let at = 0; at < ids.length; at += 1) {
    const isPair = ids[at] === left && ids[at + 1] === right;
    made.push(isPair ? id : ids[at]);
    if (isPair) at += 1;
  }
  return made;
}

const refuse = (at, why) => { throw new Refused(`Line ${at + 1}: ${why}`, 0, "Merges"); };

// Merges that are written as two tokens each, as pairs of ids. A token is looked up by its bytes.
export function read(written) {
  const key = (token) => String(encoder.encode(token));
  const ids = new Map(Array.from({ length: 256 }, (_, byte) => [String(byte), byte]));
  return written.map((line, at) => {
    const sides = line.trim().split(/\s+/);
    if (sides.length !== 2) refuse(at, `“${line}” is not two tokens with a space between them.`);
    const unknown = sides.find((side) => !ids.has(key(side)));
    if (unknown !== undefined) refuse(at, `“${unknown}” is not a token yet. A line above must make it.`);
    if (ids.has(key(sides.join("")))) refuse(at, `“${sides.join("")}” is a token already.`);
    ids.set(key(sides.join("")), 256 + at);
    return sides.map((side) => ids.get(key(side)));
  });
}

// The places of a pair in pieces of ids, counted through all of them.
export function places(pieces, [left, right]) {
  let before = 0;
  return pieces.flatMap((ids) => {
    const found = ids.flatMap((id, at) => (id === left && ids[at + 1] === right ? [before + at] : []));
    before += ids.length;
    return found;
  });
}

// The pairs of neighbours in pieces of ids, in the order in which they come.
const pairsIn = (pieces) => [...new Map(pieces.flatMap((ids) => ids.slice(1).map((right, at) => [`${ids[at]} ${right}`, [ids[at], right]]))).values()];

// Training: the most frequent pair is joined everywhere; of equally frequent ones, that of the smallest ids.
export function training(pieces, most) {
  const states = [];
  for (let now = pieces.map((bytes) => [...bytes]); ;) {
    const rows = pairsIn(now).map((pair) => ({ pair, value: places(now, pair).length }))
      .sort((one, other) => other.value - one.value || one.pair[0] - other.pair[0] || one.pair[1] - other.pair[1]);
    const isOver = !rows.length || rows[0].value < 2 || states.length === most;
    const [{ pair, value } = {}, id] = [rows[0], 256 + states.length];
    const merge = isOver ? null : { pair, id, value, ties: rows.filter((row) => row.value === value).length, places: places(now, pair) };
    states.push({ pieces: now, rows, merge });
    if (isOver) return { tokens: tokensOf(states.slice(0, -1).map((one) => one.merge.pair)), states };
    now = now.map((ids) => mergePair(ids, pair, id));
  }
}

// The merges that are possible in some ids, from left to right.
const possible = (ids, rankOf) => ids.slice(1).flatMap((right, place) => {
  const [pair, value] = [[ids[place], right], rankOf.get(`${ids[place]},${right}`)];
  return value === undefined ? [] : [{ pair, value, place }];
});

const lowest = (all) => all.reduce((best, next) => (next.value < best.value ? next : best));

// Encoding: of the merges that are possible, the one of lowest rank is made, the leftmost first; or another one, as `choose` says.
export function encoding(bytes, merges, choose = lowest, most = Infinity) {
  const states = [];
  const rankOf = new Map(merges.map((pair, rank) => [String(pair), rank]));
  for (let ids = [...bytes]; ;) {
    const all = possible(ids, rankOf);
    const rows = [...new Map(all.map((one) => [one.value, one])).values()].sort((one, other) => one.value - other.value);
    const isOver = !all.length || states.length === most;
    const { pair, value, place } = isOver ? {} : choose(all);
    states.push({ pieces: [ids], rows, merge: isOver ? null : { pair, id: 256 + value, value, ties: 1, places: [place] } });
    if (isOver) return { tokens: tokensOf(merges), states };
    ids = [...ids.slice(0, place), 256 + value, ...ids.slice(place + 2)];
  }
}

// -- ids as they are shown, where `tokens` has the bytes of each -----------------------------------------------------

export const named = ({ tokens }, id) => visible(tokens.get(id));
export const joined = (one, ids) => ids.map((id) => named(one, id)).join(" | ");
export const row = ({ tokens }, ids) => chips(ids, (id) => tokens.get(id), { notes: String });

// A question's text and its merges, which are lines of two tokens each.
export const given = ([text, lines]) => `${text}\n${lines.map((line, rank) => `rank ${rank}: ${line.replace(" ", " + ")}`).join("\n")}`;
