// A page to keep: each of its places draws the data that stands in it.

import { hex, readBytes, readVocabulary } from "./bytes.js";
import { el, plural, table } from "./dom.js";
import { lineUp } from "./lane.js";
import { learntBy } from "./learnt.js";
import { follow, merging } from "./piece.js";
import { Stepper } from "./stepper.js";
import { nMerges } from "./steps.js";
import { chips, mark, why } from "./visible.js";

const section = (heading, lead, ...content) => el("section", {}, el("h2", {}, heading), el("p", { class: "lead" }, lead), ...content);

// Why a text has its ids.
function explanation({ encoding, pattern, text, pieces, lanes, vocabulary }) {
  const [bytes, bytesOf] = [readBytes(text), readVocabulary(vocabulary)];
  const tokens = pieces.flatMap((piece) => piece.tokens.map((token) => ({ ...token, bytes: readBytes(token.token), piece })));
  const parts = [
    section("Tokens", `${plural(tokens.length, "token")} for ${plural(bytes.length, "byte")}.`,
      el("p", {}, `${encoding ?? "a tokenizer"}, pattern `, el("code", {}, pattern)),
      chips(tokens.map(({ id }) => id), (id) => bytesOf.get(id), { notes: String }), every(tokens)),
    section("Pieces", "Before anything merges, a pattern cuts the text, and no merge crosses a cut. Under each piece: the alternative of the "
      + "pattern that made it. First the pattern in use, then others.", ...lanes.map((lane) => lineUp(lane, lanes[0], bytes))),
    section("Merges", "Each piece begins as its bytes. Of all pairs that can merge, the one of lowest rank is merged, the leftmost first, until "
      + "none is left. Open a piece and move the slider.", ...inside(pieces, bytes, bytesOf)),
  ];
  const rows = stream(tokens);
  if (rows.length) {
    parts.push(section("Stream", "When tokens arrive one by one, a character that is not complete yet is held back.",
      table("the stream", ["id", "token", "shown now", "held"], rows, [0])));
  }
  return parts;
}

function every(tokens) {
  const rows = tokens.map((token) => [
    String(token.id), mark(token.bytes), el("code", {}, hex(token.bytes)), `${token.start}-${token.end}`,
    `${token.first_char}-${token.last_char}`, why(token.piece),
  ]);
  return el("details", {}, el("summary", {}, "Bytes and offsets of every token"),
    table("every token", ["id", "token", "bytes", "at bytes", "at characters", "its piece is"], rows, [0, 3, 4]));
}

// The pieces one by one, drawn when they are opened. The one with the most merges is open.
function inside(pieces, bytes, bytesOf) {
  const most = Math.max(...pieces.map(nMerges));
  const longest = pieces.find((piece) => nMerges(piece) === most);
  return pieces.map((piece) => {
    const count = `${plural(piece.tokens.length, "token")}, ${plural(nMerges(piece), "merge")}`;
    const box = el("details", { class: "of-piece" }, el("summary", {},
      el("span", { class: "piece" }, mark(bytes.subarray(piece.start, piece.end))), ` ${why(piece)}: ${count}`));
    const draw = () => {
      box.append(...merging(piece, bytesOf, { room: box.clientWidth - 28 }));
      for (const drawing of box.querySelectorAll(".tree")) follow(drawing);
    };
    box.addEventListener("toggle", draw, { once: true });
    box.open = piece === longest;
    return box;
  });
}

// What the streaming decoder shows at each token at which bytes are, or were, held.
function stream(tokens) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const rows = [];
  let held = new Uint8Array();
  for (const { id, bytes } of tokens) {
    const waited = held.length;
    const all = Uint8Array.of(...held, ...bytes);
    const shown = decoder.decode(bytes, { stream: true });
    held = all.subarray(all.length - open(all));
    if (held.length || waited) rows.push([String(id), mark(bytes), mark(new TextEncoder().encode(shown)), hex(held)]);
  }
  if (held.length) rows.push(["end", "", mark(new TextEncoder().encode(decoder.decode())), ""]);
  return rows;
}

// How many bytes at the end are the beginning of a character.
function open(bytes) {
  for (let size = Math.min(3, bytes.length); size; size -= 1) {
    const end = bytes.subarray(bytes.length - size);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      if (decoder.decode(end, { stream: true }) === "") return size;
    } catch {
      // Not the beginning of one.
    }
  }
  return 0;
}

// How a vocabulary was learnt.
function training({ merges, vocabulary }) {
  const bytesOf = readVocabulary(vocabulary);
  const said = el("div", { class: "step", "aria-live": "polite" });
  const stepper = new Stepper("merges", (at) => said.replaceChildren(...(at ? [
    ...learntBy(merges[at - 1], (id) => bytesOf.get(id)), chips([merges[at - 1].id], (id) => bytesOf.get(id)),
  ] : [el("p", {}, "Before the first merge, each byte is an id.")])));
  stepper.set(merges.length, Math.min(1, merges.length));
  return [section("Training", "Each step counts all pairs of neighbours, and merges the most frequent one into a new id. If several are equally "
    + "frequent, a rule decides.", ...(merges.length ? [stepper.box, said] : [el("p", {}, "No merges.")]))];
}

const VIEWS = { explanation, training };
for (const place of document.querySelectorAll("[data-view]")) {
  const data = place.querySelector("script");
  place.replaceChildren(data, ...VIEWS[place.dataset.view](JSON.parse(data.textContent)));
}
