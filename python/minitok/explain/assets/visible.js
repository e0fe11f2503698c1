// Everything that cannot be seen, made visible: as python/minitok/explain/visible.py does it, mark for mark.

import { charsOf } from "./bytes.js";
import { el } from "./dom.js";

const MARKS = new Map([[" ", "·"], ["\n", "⏎"], ["\t", "⇥"], ["\r", "␍"]]);
// As they are read aloud: a dot in the middle is no word for a space.
const NAMES = new Map([["·", "space"], ["⏎", "new line"], ["⇥", "tab"]]);
const UNSEEN = /[\p{C}\p{Z}]/u;
const JOINS_WHAT_IS_BEFORE = /^\p{M}/u;
const [HUES, SPREAD] = [36, 2525557527];
// Of a token that is longer, the beginning is shown.
const LONGEST = 2000;

// The parts of a token: text, and whether it is a mark that stands for something else.
function partsOf(bytes) {
  const parts = [];
  const add = (text, isMark) => {
    const last = parts.at(-1);
    if (last && !isMark && !last.isMark) last.text += text;
    else parts.push({ text, isMark });
  };
  let broken = [];
  const addBroken = () => {
    if (broken.length) add(`‹${broken.join(" ")}›`, true);
    broken = [];
  };
  for (const { char, byte } of charsOf(bytes.subarray(0, LONGEST))) {
    if (byte !== null) {
      broken.push(byte.toString(16).padStart(2, "0"));
      continue;
    }
    addBroken();
    const mark = MARKS.get(char)
      ?? (UNSEEN.test(char) ? `‹U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›` : "");
    add(mark || char, mark !== "");
  }
  addBroken();
  if (bytes.length > LONGEST) add("…", true);
  // A combining character would sit on the mark, or the token, before it.
  for (const part of parts) if (!part.isMark && JOINS_WHAT_IS_BEFORE.test(part.text)) part.text = `\u25cc${part.text}`;
  return parts;
}

export const visible = (bytes) => partsOf(bytes).map((part) => part.text).join("");

// A token for the page, apart from the direction of the text around it.
export function mark(bytes) {
  return el("bdi", {}, ...nodes(bytes));
}

export function nodes(bytes) {
  const named = (text) => (NAMES.has(text) ? { role: "img", "aria-label": NAMES.get(text) } : {});
  return partsOf(bytes).map(({ text, isMark }) => (isMark ? el("i", named(text), text) : text));
}

// The number of the hue of an id: always the same one, wherever it stands, and near ids are apart.
export const colour = (id) => Math.floor(((Math.imul(id + 1, SPREAD) >>> 0) / 2 ** 32) * HUES);

// Tokens in a row; `fresh` is the number of the one to point out.
export function chips(ids, bytesOf, { fresh = -1, notes = null } = {}) {
  return el("p", { class: "tokens" }, ...ids.map((id, place) =>
    chip(bytesOf(id), id, notes ? notes(id, place) : "", place === fresh ? " new" : "")));
}

export function chip(bytes, id, note = "", extra = "") {
  return el("span", { class: `token t${colour(id)}${extra}` }, mark(bytes), note === "" ? null : el("small", {}, note));
}

// As it is read aloud.
export const spoken = (bytes) => visible(bytes).replace(/·/g, " space ").trim();

// What made a piece, in a word or two.
export function why(piece) {
  if (piece.special || piece.added) return piece.special ? "special token" : "added token";
  return piece.alternative?.label ?? "what no alternative matches";
}
