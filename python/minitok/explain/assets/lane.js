// The pieces that one pattern makes of a text, each with the alternative that made it.

import { readBytes, utf8 } from "./bytes.js";
import { el, plural } from "./dom.js";
import { chip, mark, why } from "./visible.js";

const SPECIAL_COLOUR = 7;
// Files of models have patterns of a thousand characters; all of it is in the tooltip.
const LONGEST_NAME = 120;
const short = (pattern) => (pattern.length > LONGEST_NAME ? `${pattern.slice(0, LONGEST_NAME - 1)}…` : pattern);

// `bytes` is the text; `link`, if there is one, is called with the bytes under the pointer.
export function lineUp(lane, first, bytes, link = null) {
  // The pieces of a tokenizer that changes text are of another text, so they are not linked.
  const isApart = lane.text !== undefined;
  const read = isApart ? readBytes(lane.text) : bytes;
  const pieces = lane.pieces.map((piece) => {
    const made = chip(read.subarray(piece.start, piece.end), piece.alternative?.index ?? SPECIAL_COLOUR, why(piece));
    if (!link || isApart) return made;
    made.addEventListener("pointerenter", () => link([piece.start, piece.end]));
    made.addEventListener("pointerleave", () => link(null));
    return made;
  });
  const of = lane.encodings ? `for ${lane.encodings.join(", ")}: ` : "";
  return el("div", { class: "lane" },
    el("h3", {}, el("code", { title: lane.pattern }, short(lane.pattern)), " ",
      el("span", { class: "count" }, `${of}${plural(pieces.length, "piece")}`)),
    el("p", { class: "tokens" }, ...pieces),
    ...machine(lane, first));
}

// How the pattern is run, and the shortest text that it cuts otherwise than the first one.
function machine({ scanned, differs }, first) {
  if (!scanned) return [];
  const shortest = differs === null ? []
    : [" The shortest text on which it differs from ", el("code", {}, short(first.pattern)), ": ", el("code", {}, mark(utf8(differs))), "."];
  const run = el("details", { class: "count" }, el("summary", {}, "How it is run"), el("p", {}, `Cut ${scanned}.`));
  return [...(shortest.length ? [el("p", { class: "count" }, ...shortest)] : []), run];
}
