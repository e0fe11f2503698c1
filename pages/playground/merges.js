// Why a token is there: its piece, the tree of its merges, every step of them, and the merges that were blocked.

import { forget, latest, Refused } from "./api.js";
import { readVocabulary } from "./bytes.js";
import { byId, el, plural } from "./dom.js";
import { follow, merging } from "./piece.js";
import { state } from "./state.js";
import { nMerges } from "./steps.js";
import { chips, colour, mark, why } from "./visible.js";

export class Inside {
  // `onStep(n)` is called when the reader moves to the state after n merges.
  constructor(onStep) {
    Object.assign(this, { onStep, told: null, isFirst: false });
  }

  clear() {
    forget("piece");
    this.told = null;
    byId("inside").replaceChildren(el("p", { class: "lead" },
      "Choose a token, with the mouse or the arrow keys, and step through the merges that made it."));
  }

  // The token that is chosen, of the text that is shown.
  async show({ text, special }) {
    const { chosen } = state;
    if (!chosen) return;
    try {
      const told = await latest("piece", { text, special, encoding: chosen.encoding, at: chosen.at });
      if (told) this.draw(told);
      if (told && this.isFirst) setTimeout(() => this.play(), 700);
      this.isFirst = false;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      byId("inside").replaceChildren(el("p", { class: "lead" }, error.message));
    }
  }

  draw(told) {
    this.told = told;
    const { start: at, piece, vocabulary } = told;
    const [place, bytesOf] = [byId("inside"), readVocabulary(vocabulary)];
    const isFound = piece.special || piece.added;
    const source = piece.alternative ? [", of the alternative ", el("code", {}, piece.alternative.source)] : [];
    const article = piece.added ? "an " : isFound || piece.alternative ? "a " : "";
    const about = el("p", {}, `The piece is ${article}`, el("b", {}, why(piece)), ...source, ": ",
      `${plural(piece.tokens.length, "token")}, ${plural(nMerges(piece), "merge")}.`);
    const tokens = chips(piece.tokens.map((token) => token.id), (id) => bytesOf.get(id), { notes: (id) => String(id) });
    // A lesson chooses none.
    const chosen = piece.tokens.find(({ end }) => state.chosen && state.chosen.at < at + end - piece.start);
    this.width = place.clientWidth;
    const { step } = state;
    const drawn = merging(piece, bytesOf, { at: step, onMove: (now) => this.onStep(now), room: this.width });
    place.replaceChildren(...head(piece, chosen ?? piece.tokens[0], bytesOf), ...drawn,
      el("details", {}, el("summary", {}, "The piece, and what cut it"), about, tokens));
    const part = step === null ? place.querySelectorAll(".tree g")[chosen?.part]?.querySelector("rect") : undefined;
    for (const drawing of place.querySelectorAll(".tree")) follow(drawing, part);
    this.watch ??= new ResizeObserver(() => { if (this.told && place.clientWidth !== this.width) this.draw(this.told); });
    this.watch.observe(place);
  }

  // Go through the merges once, where nothing forbids motion.
  play() {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) byId("inside").querySelector("[data-play]")?.click();
  }
}

// What the drawing shows: the token, and how many merges made its piece.
function head(piece, { id }, bytesOf) {
  const [heading, n] = [byId("inside-heading"), nMerges(piece)];
  const token = el("span", { class: `token t${colour(id)}` }, mark(bytesOf.get(id)));
  heading?.replaceChildren("How ", token, " is made");
  if (!n) return [];
  return [el("p", { class: "lead" }, `${piece.tokens.length > 1 ? `One of ${piece.tokens.length} tokens of its piece. ` : ""}From `
    + `${plural(piece.end - piece.start, "byte")}, in ${plural(n, "merge")}: at each step, the pair learnt first (of lowest rank) merges.`)];
}
