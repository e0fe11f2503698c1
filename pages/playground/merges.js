// Why a token is there: its piece, the tree of its merges, every step of them, and the merges that were blocked.

import { forget, latest, Refused } from "./api.js";
import { readVocabulary } from "./bytes.js";
import { byId, el, number, plural, table } from "./dom.js";
import { state } from "./state.js";
import { Stepper } from "./stepper.js";
import { tree } from "./tree.js";
import { chips, mark, why } from "./visible.js";

export class Inside {
  // `onStep(n)` is called when the reader moves to the state after n merges.
  constructor(onStep) {
    this.onStep = onStep;
    this.clear();
  }

  clear() {
    forget("piece");
    byId("inside").replaceChildren(el("p", { class: "lead" },
      "Choose a token above, with the mouse or the arrow keys, and step through the merges that made it."));
  }

  // The token that is chosen, of the text that is shown.
  async show({ text, special }) {
    const { chosen } = state;
    if (!chosen) return;
    try {
      const told = await latest("piece", { text, special, encoding: chosen.encoding, at: chosen.at });
      if (told) this.draw(told);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      byId("inside").replaceChildren(el("p", { class: "lead" }, error.message));
    }
  }

  draw({ start: at, piece, vocabulary }) {
    const bytesOf = readVocabulary(vocabulary);
    const isFound = piece.special || piece.added;
    const source = piece.alternative ? [", of the alternative ", el("code", {}, piece.alternative.source)] : [];
    const article = piece.added ? "an " : isFound || piece.alternative ? "a " : "";
    const about = el("p", {}, `The piece is ${article}`, el("b", {}, why(piece)), ...source, ": ",
      `${plural(piece.tokens.length, "token")}, ${plural(piece.steps.length, "merge")}.`);
    const tokens = chips(piece.tokens.map((token) => token.id), (id) => bytesOf.get(id), { notes: (id) => String(id) });
    const parts = [about, tokens, ...whole(piece, bytesOf)];
    if (piece.steps.length) parts.push(...this.steps(piece, bytesOf));
    else parts.push(el("p", {}, isFound ? `The ${why(piece)} is one id: nothing merges.` : "No pair in it has a merge."));
    if (piece.blocked.length) parts.push(blocked(piece.blocked, bytesOf));
    byId("inside").replaceChildren(...parts);
    // A lesson chooses none.
    const isChosen = ({ end }) => state.chosen && state.step === null && state.chosen.at < at + end - piece.start;
    const chosen = piece.tokens.find(isChosen);
    for (const drawing of byId("inside").querySelectorAll(".tree")) {
      follow(drawing, drawing.querySelectorAll("g")[chosen?.part]?.querySelector("rect"));
    }
  }

  steps(piece, bytesOf) {
    const drawing = tree(piece, bytesOf);
    const drawn = [...drawing.querySelectorAll("[data-step]")];
    const said = el("div", { class: "step", "aria-live": "polite" });
    const stepper = new Stepper("merges", (at) => {
      for (const part of drawn) {
        const step = Number(part.dataset.step);
        part.classList.toggle("later", step >= at);
        part.classList.toggle("current", step === at - 1 && step >= 0);
      }
      follow(drawing);
      said.replaceChildren(...(at ? merged(piece.steps[at - 1], bytesOf) : start(piece, bytesOf)));
    }, this.onStep);
    const last = piece.steps.length;
    stepper.set(last, state.step ?? last);
    return [stepper.box, el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "merge tree" }, drawing), said];
  }
}

// Of a tree that is wider than the page, the merge of the step is in sight, or another box of it.
function follow(drawing, current = drawing.querySelector(".current rect")) {
  const box = drawing.parentElement;
  if (!current || !box) return;
  const { x, width } = current.getBBox();
  const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
  box.scrollLeft = (x + width / 2) * scale - box.clientWidth / 2;
}

function whole(piece, bytesOf) {
  if (!piece.whole) return [];
  if (piece.tokens[0].part !== null) {
    return [el("p", {}, "The piece equals a token, so it was taken whole. These merges would make it, too:")];
  }
  const left = piece.steps.at(-1)?.ids ?? piece.parts.map((part) => part.id);
  return [el("p", {}, "The piece equals a token, so it was taken whole. Merging alone would leave:"),
    chips(left, (id) => bytesOf.get(id))];
}

function start(piece, bytesOf) {
  const bytes = piece.parts.filter((part) => part.rank === null).map((part) => part.id);
  return [el("p", {}, `${plural(bytes.length, "byte")}.`), chips(bytes, (id) => bytesOf.get(id))];
}

function merged(step, bytesOf) {
  const named = (id) => el("b", {}, mark(bytesOf.get(id)));
  const ties = step.ties.length > 1 ? `, the leftmost of ${step.ties.length}` : "";
  const rows = step.candidates.map((one) => [
    number(one.rank),
    el("span", {}, mark(bytesOf.get(one.pair[0])), " + ", mark(bytesOf.get(one.pair[1]))),
    String(one.place),
    fate(one.place - step.winner),
  ]);
  const more = step.n_candidates - rows.length;
  return [
    el("p", {}, `Rank ${number(step.rank)}${ties}: `, named(step.pair[0]), " + ", named(step.pair[1]), " make ", named(step.id),
      `, id ${step.id}.`),
    chips(step.ids, (id) => bytesOf.get(id), { fresh: step.winner }),
    table("pairs that could merge", ["rank", "could merge", "place", "and then"], rows, [0, 2]),
    ...(more ? [el("p", {}, `And ${plural(more, "pair")} of higher rank.`)] : []),
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
