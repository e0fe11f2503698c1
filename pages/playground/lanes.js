// The pieces that each encoding's pattern makes of the beginning of the text, one lane for each pattern.

import { latest, Refused } from "./api.js";
import { readBytes } from "./bytes.js";
import { byId, el, number, plural } from "./dom.js";
import { chip, mark, why } from "./visible.js";

const SPECIAL_COLOUR = 7;
// Files of models have patterns of a thousand characters; all of it is in the tooltip.
const LONGEST_NAME = 120;
const short = (pattern) => (pattern.length > LONGEST_NAME ? `${pattern.slice(0, LONGEST_NAME - 1)}…` : pattern);

// Show the lanes of a text, whose bytes these are; `link` is called with the bytes under the pointer.
export async function showLanes(asked, bytes, link) {
  try {
    const told = await latest("lanes", asked);
    if (!told) return;
    const note = told.whole ? [] : [el("p", { class: "count" }, `The first ${number(told.bytes)} bytes of the text:`)];
    byId("lanes").replaceChildren(...note, ...told.lanes.map((lane) => lineUp(lane, told.lanes[0], bytes, link)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId("lanes").replaceChildren(el("p", { class: "lead" }, error.message));
  }
}

function lineUp(lane, first, bytes, link) {
  // The pieces of a tokenizer that changes text are of another text, so they are not linked.
  const isApart = lane.text !== undefined;
  const read = isApart ? readBytes(lane.text) : bytes;
  const pieces = lane.pieces.map((piece) => {
    const made = chip(read.subarray(piece.start, piece.end), piece.alternative?.index ?? SPECIAL_COLOUR, why(piece));
    if (isApart) return made;
    made.addEventListener("pointerenter", () => link([piece.start, piece.end]));
    made.addEventListener("pointerleave", () => link(null));
    return made;
  });
  return el("div", { class: "lane" },
    el("h3", {}, el("code", { title: lane.pattern }, short(lane.pattern)), " ",
      el("span", { class: "count" }, `for ${lane.encodings.join(", ")}: ${plural(pieces.length, "piece")}`)),
    el("p", { class: "tokens" }, ...pieces),
    ...machine(lane, first));
}

// How the pattern is run, and the shortest text that it cuts otherwise than the first one.
function machine({ scanned, differs }, first) {
  if (!scanned) return [];
  const shortest = differs === null ? []
    : [" The shortest text on which it differs from ", el("code", {}, short(first.pattern)), ": ", el("code", {}, mark(new TextEncoder().encode(differs))), "."];
  const run = el("details", { class: "count" }, el("summary", {}, "How it is run"), el("p", {}, `Cut ${scanned}.`));
  return [...(shortest.length ? [el("p", { class: "count" }, ...shortest)] : []), run];
}
