// Merges as a picture: one row of tokens that changes while a slider moves. Each merge has three states: pairs are counted, one is
// chosen, it is joined. What follows from it grows beside the row: the pairs, a curve, the vocabulary.

import { bar, el, number, plural, svg, table } from "../static/dom.js";
import { Stepper } from "../static/stepper.js";
import { chip, mark } from "../static/visible.js";
import { places } from "./merges.js";
import { Moving } from "./moving.js";

const PHASES = 3;
const [COUNT, CHOOSE, JOIN] = [0, 1, 2];
const PACES = [1300, 1000, 1100]; // milliseconds, by the state that is left
const ROWS = 8;
// Of the curve, in units of its drawing.
const [LEFT, RIGHT, TOP, BOTTOM] = [26, 336, 20, 120];

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Explore {
  // `words` says what is seen: `count(state, n)`, `choose(merge, pair)`, `join(merge, pair, token)`, `end(n)` give text or elements;
  // `value` is the head of the numbers, `bars` whether they are drawn.
  constructor(place, words) {
    Object.assign(this, { words, row: new Moving(), last: -1 });
    this.length = el("p", { class: "length" });
    this.said = el("p", { class: "said", "aria-live": "polite" });
    this.pairs = el("div", { class: "pairs" });
    this.curve = el("div", {});
    this.learnt = el("p", { class: "tokens" });
    this.stepper = new Stepper("steps", (at) => this.show(at));
    this.stepper.pace = (at) => PACES[at % PHASES];
    place.replaceChildren(this.row.box, this.length, this.stepper.box, this.said,
      el("div", { class: "below" }, this.pairs, el("div", {}, this.curve, this.learnt)));
    for (const event of ["pointerover", "focusin"]) this.pairs.addEventListener(event, ({ target }) => this.point(target.closest("tbody tr")));
    for (const event of ["pointerleave", "focusout"]) this.pairs.addEventListener(event, () => this.point(null));
    let width = 0;
    new ResizeObserver(() => {
      if (this.told && place.clientWidth !== width) this.show(this.stepper.at);
      width = place.clientWidth;
    }).observe(place);
  }

  // What `training` or `encoding` gave; it plays once by itself where nothing forbids motion.
  set(told) {
    this.told = told;
    this.last = -1;
    this.row.make(told.states[0].pieces.flat());
    this.drawCurve();
    this.stepper.stop();
    this.stepper.set(PHASES * (told.states.length - 1), 0);
    if (!calm.matches && told.states.length > 1) this.stepper.play();
  }

  show(at) {
    const { states, tokens } = this.told;
    const [n, phase] = [Math.floor(at / PHASES), at % PHASES];
    const [state, next] = [states[n], states[n + 1]];
    const { merge } = state;
    const shown = phase === JOIN ? next : state;
    this.row.put(shown.pieces, tokens, { lit: new Set(phase === CHOOSE ? merge.places : []), fresh: phase === JOIN ? merge.id : null });
    if (n !== this.last) this.drawPairs(state);
    this.last = n;
    this.pairs.classList.toggle("chosen", phase !== COUNT);
    this.say(state, n, phase);
    this.follow(phase === JOIN ? n + 1 : n);
  }

  say(state, n, phase) {
    const { words, told: { tokens } } = this;
    const { merge } = state;
    const name = (id) => el("b", {}, mark(tokens.get(id)));
    const pair = merge ? [name(merge.pair[0]), " + ", name(merge.pair[1])] : [];
    const said = !merge ? words.end(n) : phase === COUNT ? words.count(state, n) : phase === CHOOSE ? words.choose(merge, pair)
      : words.join(merge, pair, name(merge.id));
    this.said.setAttribute("aria-live", this.stepper.timer ? "off" : "polite");
    this.said.replaceChildren(...[said].flat());
    for (const [at, one] of document.querySelectorAll(".phase").entries()) one.classList.toggle("now", !merge || at === phase);
  }

  drawPairs({ rows, merge }) {
    const { tokens, states } = this.told;
    const top = Math.max(1, ...states[0].rows.map(({ value }) => value));
    const token = (id) => chip(tokens.get(id), id, "", id > 255 ? " learnt" : "");
    const cells = rows.slice(0, ROWS).map(({ pair, value }) => [
      el("button", { type: "button", class: "pair", "data-pair": pair.join(" ") }, ...pair.map(token)),
      ...(this.words.bars ? [bar(value / top)] : []), number(value),
    ]);
    const more = rows.length - cells.length;
    const head = this.words.bars ? ["pair", "", this.words.value] : ["pair", this.words.value];
    this.pairs.replaceChildren(table(this.words.caption, head, cells, [head.length - 1]), ...(more > 0 ? [el("p", { class: "count" }, `and ${number(more)} more`)] : []));
    this.pairs.querySelector("tbody tr")?.classList.toggle("best", merge !== null);
  }

  // Light the places of a pair that is pointed at, in the state in which it was counted.
  point(row) {
    const { states, tokens } = this.told;
    const { pieces } = states[this.last];
    if (this.stepper.timer || this.stepper.at % PHASES === JOIN) return;
    if (!row) this.show(this.stepper.at);
    else this.row.put(pieces, tokens, { lit: new Set(places(pieces, row.querySelector("button").dataset.pair.split(" ").map(Number))) });
  }

  // Bytes a token after each merge.
  drawCurve() {
    const ratios = this.told.states.map(({ pieces }) => this.row.bytes.length / Math.max(1, pieces.flat().length));
    const most = Math.max(2, Math.ceil(ratios.at(-1)));
    this.points = ratios.map((ratio, n) => [LEFT + (n / Math.max(1, ratios.length - 1)) * (RIGHT - LEFT), BOTTOM - ((ratio - 1) / (most - 1)) * (BOTTOM - TOP)]);
    const steps = this.points.slice(1).map(([x, y], at) => Math.hypot(x - this.points[at][0], y - this.points[at][1]));
    const whole = steps.reduce((sum, one) => sum + one, 0) || 1;
    this.shares = this.points.map((_, n) => steps.slice(0, n).reduce((sum, one) => sum + one, 0) / whole);
    this.ratios = ratios;
    const d = `M${this.points.map((point) => point.join(" ")).join("L")}`;
    this.line = svg("path", { class: "drawn", pathLength: 1, d, "stroke-dasharray": 1 });
    this.dot = svg("circle", { r: 4.5 });
    this.value = svg("text", { class: "value", "text-anchor": "middle" });
    this.curve.replaceChildren(el("h2", {}, "Bytes a token"), svg("svg", { class: "curve", viewBox: "0 0 360 140", role: "img",
      "aria-label": `bytes a token after each merge: ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}` },
    svg("path", { class: "axis", d: `M${LEFT} ${BOTTOM}H${RIGHT}M${LEFT} ${TOP}H${RIGHT}` }), svg("text", { x: 4, y: BOTTOM + 4 }, "1"),
    svg("text", { x: 4, y: TOP + 4 }, String(most)), svg("text", { x: RIGHT, y: BOTTOM + 17, "text-anchor": "end" }, "merges"),
    svg("path", { class: "coming", d }), this.line, this.dot, this.value));
  }

  // What follows from the merges so far: the number of tokens, the curve, the vocabulary.
  follow(n) {
    const { states, tokens } = this.told;
    const [count, bytes] = [states[n].pieces.flat().length, this.row.bytes.length];
    this.length.replaceChildren(el("b", {}, number(count)), ` token${count === 1 ? "" : "s"} for ${plural(bytes, "byte")}`);
    this.line.setAttribute("stroke-dashoffset", 1 - this.shares[n]);
    const [x, y] = this.points[n];
    for (const [one, up] of [[this.dot, 0], [this.value, 12]]) for (const [name, value] of [["x", x], ["y", y - up], ["cx", x], ["cy", y]]) one.setAttribute(name, value);
    this.value.textContent = this.ratios[n].toFixed(2);
    const made = states.slice(0, n).map(({ merge }) => merge.id);
    this.learnt.replaceChildren(el("span", { class: "count" }, this.words.learnt), ...made.map((id) => chip(tokens.get(id), id, String(id), " learnt")));
  }
}
