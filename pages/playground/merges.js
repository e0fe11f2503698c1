// Why a token is there: its piece, the tree of its merges, every step of them, and the merges that were blocked.

import { forget, latest, Refused } from "./api.js";
import { readVocabulary } from "./bytes.js";
import { byId, el, plural } from "./dom.js";
import { follow, merging } from "./piece.js";
import { state } from "./state.js";
import { nMerges } from "./steps.js";
import { chips, why } from "./visible.js";

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
      `${plural(piece.tokens.length, "token")}, ${plural(nMerges(piece), "merge")}.`);
    const tokens = chips(piece.tokens.map((token) => token.id), (id) => bytesOf.get(id), { notes: (id) => String(id) });
    byId("inside").replaceChildren(about, tokens, ...merging(piece, bytesOf, state.step, this.onStep));
    // A lesson chooses none.
    const isChosen = ({ end }) => state.chosen && state.step === null && state.chosen.at < at + end - piece.start;
    const chosen = piece.tokens.find(isChosen);
    for (const drawing of byId("inside").querySelectorAll(".tree")) {
      follow(drawing, drawing.querySelectorAll("g")[chosen?.part]?.querySelector("rect"));
    }
  }
}
