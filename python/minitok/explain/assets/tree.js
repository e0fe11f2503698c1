// The merge trees of a piece as a drawing: bytes below, and above each merge the token that it made.

import { svg } from "./dom.js";
import { visible } from "./visible.js";

const [BYTE_WIDTH, LEVEL, BOX, MARGIN, LONGEST] = [46, 54, 34, 6, 40];

// The drawing; each box and line has the number of the step that makes it, -1 for bytes.
export function tree(piece, vocabulary) {
  const { parts } = piece;
  const levels = [];
  for (const part of parts) {
    levels.push(part.rank === null ? 0 : 1 + Math.max(levels[part.left], levels[part.right]));
  }
  const middles = parts.map((part) => MARGIN + BYTE_WIDTH * ((part.start + part.end) / 2 - piece.start));
  const tallest = Math.max(...levels);
  const tops = levels.map((level) => (tallest - level) * LEVEL + MARGIN);
  const nBytes = piece.end - piece.start;
  const [width, height] = [nBytes * BYTE_WIDTH + 2 * MARGIN, (tallest + 1) * LEVEL + MARGIN];

  const lines = parts.flatMap((part, at) => (part.rank === null ? [] : [part.left, part.right].map((side) => svg("path", {
    "data-step": at - nBytes, d: `M${middles[at]} ${tops[at] + BOX}v8H${middles[side]}V${tops[side]}`,
  }))));
  const boxes = parts.map((part, at) => node(part, vocabulary.get(part.id), middles[at], tops[at], at - nBytes));
  return svg("svg", { class: "tree", role: "img", width, height, viewBox: `0 0 ${width} ${height}` },
    svg("title", {}, inWords(piece, vocabulary)), ...lines, ...boxes);
}

function node(part, token, middle, top, step) {
  const letters = [...visible(token)];
  const label = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : letters.join("");
  const isMade = part.rank !== null;
  const under = isMade ? `rank ${part.rank}` : String(part.id);
  const wanted = Math.max(34, 8 * label.length + 12, 6 * under.length + 10);
  const width = Math.min(wanted, BYTE_WIDTH * (part.end - part.start) - 4);
  return svg("g", { class: isMade ? "merge" : "byte", "data-step": isMade ? step : -1 },
    svg("rect", { x: middle - width / 2, y: top, width, height: BOX, rx: 6 }),
    svg("text", { x: middle, y: top + 15 }, label),
    svg("text", { class: "rank", x: middle, y: top + 28 }, under));
}

function inWords(piece, vocabulary) {
  const name = (part) => visible(vocabulary.get(piece.parts[part].id));
  return piece.parts.filter((part) => part.rank !== null).map((part) =>
    `${name(part.left)} + ${name(part.right)} make ${visible(vocabulary.get(part.id))}, rank ${part.rank}`).join("; ")
    || "no merges";
}
