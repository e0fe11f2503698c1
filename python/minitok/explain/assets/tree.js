// The merge trees of a piece as a drawing: bytes below, and above each merge the token that it made.

import { svg } from "./dom.js";
import { colour, visible } from "./visible.js";

const [MARGIN, LONGEST, GAP] = [4, 40, 22];
// Widths in pixels: a byte takes what room there is, within bounds; the letters follow.
const [NARROWEST, WIDEST] = [25, 56];
const between = (least, value, most) => Math.max(least, Math.min(most, value));

// The drawing, in so many pixels if they are enough; each box and line has the number of the step that makes it, -1 for bytes.
export function tree(piece, vocabulary, room = 46 * (piece.end - piece.start)) {
  const { parts } = piece;
  const levels = [];
  for (const part of parts) {
    levels.push(part.rank === null ? 0 : 1 + Math.max(levels[part.left], levels[part.right]));
  }
  const nBytes = piece.end - piece.start;
  const pitch = between(NARROWEST, (room - 2 * MARGIN) / nBytes, WIDEST);
  const size = between(13, pitch * 0.45, 19);
  const box = Math.round(size * 1.4 + 17);
  const middles = parts.map((part) => MARGIN + pitch * ((part.start + part.end) / 2 - piece.start));
  const tallest = Math.max(...levels);
  const tops = levels.map((level) => (tallest - level) * (box + GAP) + MARGIN);
  const [width, height] = [nBytes * pitch + 2 * MARGIN, (tallest + 1) * (box + GAP) - GAP + 2 * MARGIN];

  const lines = parts.flatMap((part, at) => (part.rank === null ? [] : [part.left, part.right].map((side) => svg("path", {
    "data-step": at - nBytes, d: `M${middles[at]} ${tops[at] + box}v${GAP / 2}H${middles[side]}V${tops[side]}`,
  }))));
  const used = new Map(parts.flatMap(({ left, right }, at) => (left === null ? [] : [[left, at - nBytes], [right, at - nBytes]])));
  const boxes = parts.map((part, at) => {
    const most = pitch * (part.end - part.start) - 3;
    return node(part, vocabulary.get(part.id), { middle: middles[at], top: tops[at], box, size, most, made: at - nBytes, used: used.get(at) });
  });
  return svg("svg", { class: "tree", role: "img", width, height, viewBox: `0 0 ${width} ${height}` },
    svg("title", {}, inWords(piece, vocabulary)), ...lines, ...boxes);
}

// A box: the token, and under it its rank, or the id of a byte. `used` is the step that merges it.
function node(part, token, { middle, top, box, size, most, made, used = null }) {
  const letters = [...visible(token)];
  const label = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : letters.join("");
  const isMade = part.rank !== null;
  const number = isMade ? part.rank.toLocaleString("en") : String(part.id);
  const under = isMade && 7 * (number.length + 5) < most ? `rank ${number}` : number;
  const letter = 0.62 * size;
  const width = Math.min(most, Math.max(letter * label.length + 14, 7 * under.length + 8, most > 60 ? 56 : most));
  const shrunk = Math.min(size, (most - 4) / (0.62 * Math.max(1, letters.length)));
  return svg("g", { class: `${isMade ? "merge" : "byte"} t${colour(part.id)}`, "data-step": isMade ? made : -1, "data-used": used },
    svg("rect", { x: middle - width / 2, y: top, width, height: box, rx: 7 }),
    svg("text", { x: middle, y: top + 1.1 * size, "font-size": Math.max(7, shrunk) }, label),
    svg("text", { class: "rank", x: middle, y: top + box - 5 }, under));
}

function inWords(piece, vocabulary) {
  const name = (part) => visible(vocabulary.get(piece.parts[part].id));
  return piece.parts.filter((part) => part.rank !== null).map((part) =>
    `${name(part.left)} + ${name(part.right)} make ${visible(vocabulary.get(part.id))}, rank ${part.rank}`).join("; ")
    || "no merges";
}
