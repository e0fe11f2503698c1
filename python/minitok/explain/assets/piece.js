// The merges of a piece: its tree, every step, and the merges that were blocked.

import { el, number, plural, table } from "./dom.js";
import { Stepper } from "./stepper.js";
import { Steps } from "./steps.js";
import { tree } from "./tree.js";
import { chips, mark, why } from "./visible.js";

// The tree of a piece of more bytes would be of no use. Of a step, so many pairs are shown, and so many tokens on either side of it.
const [WIDEST, CANDIDATES, AROUND] = [256, 12, 24];

// All of it, after so many steps (null for all of them), in so many pixels; `onMove(n)` is called when the reader goes to another one.
export function merging(piece, bytesOf, { at = null, onMove = () => {}, room } = {}) {
  const steps = new Steps(piece);
  const parts = whole(piece, steps, bytesOf);
  if (steps.length) parts.unshift(...stepping(piece, steps, bytesOf, { at, onMove, room }));
  else parts.push(el("p", {}, piece.number === null ? `The ${why(piece)} is one id: nothing merges.` : "No pair in it has a merge."));
  if (piece.blocked.length) parts.push(blocked(piece.blocked, bytesOf));
  return parts;
}

function stepping(piece, steps, bytesOf, { at, onMove, room }) {
  const drawing = piece.end - piece.start <= WIDEST ? tree(piece, bytesOf, room) : null;
  const drawn = drawing ? [...drawing.querySelectorAll("[data-step]")] : [];
  const said = el("div", { class: "step", "aria-live": "polite" });
  const closer = el("div", {});
  const more = el("details", { class: "closer" }, el("summary", {}, "The other pairs of this step"), closer);
  const stepper = new Stepper("merges", (now) => {
    for (const part of drawn) {
      const step = Number(part.dataset.step);
      part.classList.toggle("later", step >= now);
      part.classList.toggle("current", step === now - 1 && step >= 0);
      part.classList.toggle("gone", part.dataset.used !== undefined && Number(part.dataset.used) < now);
    }
    if (drawing) follow(drawing);
    const [sentence, ...rest] = now ? merged(steps.at(now - 1), bytesOf) : start(steps, bytesOf);
    said.replaceChildren(sentence);
    closer.replaceChildren(...rest);
  }, onMove);
  stepper.set(steps.length, at ?? steps.length);
  const around = drawing && el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "merge tree" }, drawing);
  return [stepper.box, said, ...(around ? [around] : []), more];
}

// Of a tree that is wider than the page, the merge of the step is in sight, or another box of it.
export function follow(drawing, current = drawing.querySelector(".current rect")) {
  const box = drawing.parentElement;
  if (!current || !box) return;
  const { x, width } = current.getBBox();
  const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
  box.scrollLeft = (x + width / 2) * scale - box.clientWidth / 2;
}

function whole(piece, steps, bytesOf) {
  if (!piece.whole) return [];
  if (piece.tokens[0].part !== null) return [el("p", { class: "count" }, "The piece equals a token, so it was taken whole; these merges would make it, too.")];
  return [el("p", {}, "The piece equals a token, so it was taken whole. Merging alone would leave:"),
    chips(steps.ids(steps.length), (id) => bytesOf.get(id))];
}

function start(steps, bytesOf) {
  return [el("p", {}, `${plural(steps.first, "byte")}.`), ...near(steps.ids(0), 0, bytesOf)];
}

function merged(step, bytesOf) {
  const named = (id) => el("b", {}, mark(bytesOf.get(id)));
  const ties = step.ties > 1 ? `, the leftmost of ${number(step.ties)}` : "";
  const rows = step.candidates.slice(0, CANDIDATES).map((one) => [
    number(one.rank),
    el("span", {}, mark(bytesOf.get(one.pair[0])), " + ", mark(bytesOf.get(one.pair[1]))),
    String(one.place),
    fate(one.place - step.winner),
  ]);
  const more = step.candidates.length - rows.length;
  return [
    el("p", {}, `Rank ${number(step.rank)}${ties}: `, named(step.pair[0]), " + ", named(step.pair[1]), " make ", named(step.id),
      `, id ${step.id}.`),
    ...near(step.ids, step.winner, bytesOf, true),
    table("pairs that could merge", ["rank", "could merge", "at token", "and then"], rows, [0, 2]),
    ...(more ? [el("p", {}, `And ${plural(more, "pair")} of higher rank.`)] : []),
  ];
}

// The tokens around a place, and how many are left out on either side.
function near(ids, place, bytesOf, isNew = false) {
  const [first, end] = [Math.max(0, place - AROUND), Math.min(ids.length, place + AROUND + 1)];
  return [
    ...(first ? [el("p", {}, `${plural(first, "token")} before these:`)] : []),
    chips(ids.slice(first, end), (id) => bytesOf.get(id), { fresh: isNew ? place - first : -1 }),
    ...(end < ids.length ? [el("p", {}, `${plural(ids.length - end, "token")} after these.`)] : []),
  ];
}

function fate(distance) {
  if (distance === 0) return "merged";
  return Math.abs(distance) === 1 ? "blocked: one side is gone" : "waits";
}

function blocked(all, bytesOf) {
  const ordered = [...all].sort((one, other) =>
    (one.reason !== "boundary") - (other.reason !== "boundary") || one.rank - other.rank);
  const rows = ordered.map((one) => [
    mark(bytesOf.get(one.id)),
    el("span", {}, mark(bytesOf.get(one.left)), " + ", mark(bytesOf.get(one.right))),
    number(one.rank),
    one.step === null ? "the piece ends between them"
      : el("span", {}, mark(bytesOf.get(one.by)), " was merged first"),
  ]);
  return el("details", {}, el("summary", {}, `${plural(all.length, "merge")} blocked`),
    table("merges that were blocked", ["token", "of", "rank", "because"], rows, [2]));
}
