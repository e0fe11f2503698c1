// The text under several encodings, side by side: counts, prices, and a strip of tokens each. What is pointed at in one is
// linked in all: the tokens that hold the same bytes.

import { charSpan, hex, readBytes, utf16At } from "./bytes.js";
import { saying, splice } from "./changed.js";
import { byId, el, number, plural } from "./dom.js";
import { state } from "./state.js";
import { Strip } from "./strip.js";
import { mark } from "./visible.js";

export class Panels {
  // `hear.choose(encoding, at)` when a token is chosen, `hear.remove(encoding)` when a panel is closed.
  constructor(hear) {
    this.hear = hear;
    this.panels = new Map();
    this.models = new Map(); // names of models by encoding
    this.chosen = null; // [encoding, index of its token]
    this.bytes = new Uint8Array();
  }

  // What the core answered about the tokens of the text; `bytes` is the text.
  show(told, bytes) {
    this.bytes = bytes;
    const wanted = told.encodings.map((one) => one.name);
    for (const name of this.panels.keys()) if (!wanted.includes(name)) this.panels.delete(name);
    for (const one of told.encodings) {
      one.title = this.hear.titleOf(one.name);
      if (!this.panels.has(one.name)) this.panels.set(one.name, this.make(one));
    }
    const shown = wanted.map((name) => this.panels.get(name));
    const place = byId("panels");
    // Panels that stay are not touched: a strip that is moved would lose its place.
    if (shown.length !== place.children.length || shown.some((one, at) => place.children[at] !== one.box)) {
      place.replaceChildren(...shown.map((panel) => panel.box));
    }
    for (const [at, one] of told.encodings.entries()) {
      const starts = new Uint32Array(one.lengths.length + 1);
      one.lengths.forEach((length, index) => { starts[index + 1] = starts[index] + length; });
      Object.assign(shown[at], { starts, isApart: one.text !== undefined });
    }
    // Each is compared with the first; the first with all others.
    const [first, ...others] = shown.filter(({ isApart }) => !isApart);
    for (const one of others) one.other = otherwise(one.starts, [first.starts]);
    if (first) first.other = otherwise(first.starts, others.map(({ starts }) => starts));
    for (const one of told.encodings) this.fill(this.panels.get(one.name), one);
    this.price();
    place.dataset.bytes = String(bytes.length);
  }

  make(one) {
    const hover = (index) => this.point(one.name, index);
    const choose = (index) => this.hear.choose(one.name, this.panels.get(one.name).strip.starts[index]);
    const strip = new Strip(`tokens of ${one.title}`, { hover, choose });
    const counts = el("div", { class: "counts" });
    const close = el("button", { type: "button", "aria-label": `remove ${one.title}`, onclick: () => this.hear.remove(one.name) }, "✕");
    const name = el("span", {
      contenteditable: "plaintext-only", role: "textbox", spellcheck: "false", "aria-label": "name of this tokenizer",
      onblur: () => name.textContent === this.hear.titleOf(one.name) || this.hear.rename(one.name, name.textContent),
      onkeydown: (event) => { if (event.key === "Enter") name.blur(); },
    });
    const box = el("section", { class: "panel", "data-encoding": one.name },
      el("header", {}, el("h3", {}, name), ...this.modelsOf(one.name), close), counts, strip.box);
    return { box, strip, counts, name, one };
  }

  modelsOf(name) {
    const models = this.models.get(name) ?? [];
    return models.length ? [el("p", { class: "models" }, models.join(", "))] : [];
  }

  fill(panel, one) {
    panel.splice = panel.one ? splice(panel.one.ids, one.ids) : null;
    Object.assign(panel, { one, encoded: null, unstable: 0 });
    panel.box.setAttribute("aria-label", one.title);
    if (panel.name.textContent !== one.title) panel.name.textContent = one.title;
    // The tokens of a tokenizer that changes text spell another text, so they are not linked to the others.
    panel.strip.set({
      ids: one.ids, starts: panel.starts, bytes: panel.isApart ? readBytes(one.text) : this.bytes,
      kinds: kindsOf(one), view: state.view, changed: panel.splice, other: panel.isApart ? null : panel.other,
    });
  }

  // A tokenizer that was opened: what is said of it, and its lane in sight.
  introduce(name) {
    const { box, one } = this.panels.get(name);
    box.scrollIntoView({ block: "nearest" });
    return `${one.title} is open: ${plural(one.ids.length, "token")}. Its name can be changed.`;
  }

  // What an edit has encoded again (not said of the first text), and which ids at the end may still change.
  settle(told, isFirst) {
    for (const { name, encoded, stable } of told.encodings) {
      const panel = this.panels.get(name);
      const { n } = panel.strip;
      panel.encoded = isFirst ? null : encoded;
      panel.unstable = stable === null ? 0 : n - stable;
      panel.strip.mark("unstable", panel.unstable ? [stable, n] : null);
    }
    this.price();
    if (this.chosen) this.point(...this.chosen);
  }

  // The counts of all panels: how many tokens, what that is for each character, what it costs at the reader's price for a million,
  // and how it compares with the first.
  price() {
    const perMillion = state.price === "" ? NaN : Number(state.price);
    const all = [...this.panels.values()];
    const base = all.find(({ one }) => one.name === state.encodings[0]);
    for (const panel of all) {
      const { counts, one, strip, isApart, splice: change, encoded, unstable, other } = panel;
      const n = one.ids.length;
      const chars = charSpan(strip.bytes, 0, strip.bytes.length)[1];
      const said = [];
      if (n) said.push(`${plural(chars, "character")}, ${(chars / n).toFixed(1)} a token`);
      const nBase = base?.one.ids.length;
      if (nBase && panel !== base) said.push(`${spread(n, nBase)} ${base.one.title}`);
      const nOther = isApart ? 0 : other?.reduce((sum, flag) => sum + flag, 0);
      if (nOther) said.push(`${number(nOther)} cut otherwise (dashed)`);
      if (one.without !== undefined) said.push(`${number(one.without)} without dropout`);
      const changed = state.edits && change && saying(change, n);
      if (isApart) said.push("of the text as it is changed first");
      if (perMillion >= 0) said.push(`costs ${money(n * perMillion / 1e6)}`);
      if (changed) said.push(changed);
      if (encoded !== null) said.push(`${plural(encoded, "byte")} encoded again`);
      if (unstable) said.push(`the last${unstable === 1 ? "" : ` ${number(unstable)}`} may still change`);
      counts.replaceChildren(el("b", {}, number(n)), el("p", {}, el("strong", {}, ` token${n === 1 ? "" : "s"}`), el("span", {}, said.join(" · ")),
        panel === base ? el("span", { class: "thumb" }, thumb(chars, n)) : null));
    }
  }

  // The token under the pointer: what it is, and what holds its bytes elsewhere. Without one: the token that is chosen.
  point(name, index) {
    if (index === null) {
      if (this.chosen) this.point(...this.chosen);
      else this.rest();
      return;
    }
    const { strip, one } = this.panels.get(name);
    this.link([strip.starts[index], strip.starts[index + 1]], name);
    byId("probe").replaceChildren(...describe(one, strip, index));
  }

  rest() {
    this.chosen = null;
    this.link(null);
    byId("probe").replaceChildren();
  }

  // Link the tokens that hold some bytes of the text, or of the text of one encoding; null links none.
  link(bytes, name = null) {
    const isApart = name !== null && this.panels.get(name).isApart;
    for (const [other, panel] of this.panels) {
      const isLinked = bytes && (isApart ? other === name : !panel.isApart);
      if (panel.strip.n) panel.strip.mark("linked", isLinked ? panel.strip.range(...bytes) : null);
    }
  }

  // Show which token is chosen: that of an encoding that holds a byte. Give the place of it in the text, for a selection; null
  // where there is none.
  choose(name, at) {
    for (const [other, { strip }] of this.panels) if (other !== name && strip.n) strip.mark("chosen", null);
    const { strip, isApart } = this.panels.get(name);
    if (at >= strip.bytes.length) return null;
    const index = strip.at(at);
    strip.choose(index);
    this.chosen = [name, index];
    this.point(name, index);
    return isApart ? [0, 0] : [strip.starts[index], strip.starts[index + 1]].map((place) => utf16At(strip.bytes, place));
  }
}

// For each token, whether others are cut otherwise where it stands: 1 or 0.
function otherwise(starts, others) {
  const flags = new Uint8Array(starts.length - 1);
  for (const other of others) {
    for (let token = 0, at = 0; token < flags.length; token += 1) {
      while (other[at] < starts[token]) at += 1;
      if (other[at] !== starts[token] || other[at + 1] !== starts[token + 1]) flags[token] = 1;
    }
  }
  return flags;
}

const spread = (n, base) => (n === base ? "as many as" : `${Math.round((100 * Math.abs(n - base)) / base)} % ${n > base ? "more" : "fewer"} than`);

// The rule of thumb, and whether it fits.
function thumb(chars, n) {
  if (!n || chars / n >= 3) return "Rule of thumb for English: 4 characters, or ¾ of a word, a token.";
  return "English has about 4 characters a token: this text takes more.";
}

// Which ids are those of tokens that are found in text: "special" or "added".
function kindsOf({ special_tokens: special, added_tokens: added }) {
  const kinds = (tokens, kind) => Object.values(tokens).map((id) => [id, kind]);
  return new Map([...kinds(special, "special"), ...kinds(added, "added")]);
}

function money(value) {
  return value.toLocaleString("en", { maximumSignificantDigits: 4, useGrouping: true });
}

// A token in words: its place, its id, its bytes, and where they lie.
export function describe(one, strip, index) {
  const [start, end] = [strip.starts[index], strip.starts[index + 1]];
  const [first, last] = charSpan(strip.bytes, start, end);
  const bytes = strip.bytesOf(index);
  return [
    el("b", {}, mark(bytes)), ` is id ${strip.ids[index]} of ${one.title}: token ${number(index + 1)} of ${number(strip.n)}, `,
    "bytes ", el("code", {}, bytes.length > 40 ? `${hex(bytes.subarray(0, 40))} …` : hex(bytes)),
    ` at ${number(start)}–${number(end)}, characters ${number(first)}–${number(last)}`,
    strip.isMarked("unstable", index) ? "; it may be another one if the text goes on" : "",
  ];
}
