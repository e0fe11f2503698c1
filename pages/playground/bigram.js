// A prompt becomes tokens and ids, a model gives the next id, and the ids become text again.

import { offer, put } from "./api.js";
import { hex, readVocabulary } from "./bytes.js";
import { bar, byId, el, number, onSubmit, plural, table } from "./dom.js";
import { state } from "./state.js";
import { Stepper } from "./stepper.js";
import { chips, mark, nodes } from "./visible.js";

export class Loop {
  constructor() {
    this.form = byId("loop");
    this.fields = this.form.elements;
    onSubmit(this.form, () => this.run());
  }

  // The encodings that can be chosen: those shown above.
  offer(encodings) {
    offer(this.fields.encoding, encodings, encodings[0]?.[0]);
  }

  // Fill in a prompt, and the title of an encoding; the reader may change them before asking for a completion.
  ask(prompt, title = null) {
    this.fields.prompt.value = prompt;
    for (const option of this.fields.encoding.options) if (option.textContent === title) option.selected = true;
  }

  run() {
    const { encoding, prompt, tokens, choice, seed } = this.fields;
    const { text, special } = state;
    const drawn = choice.value === "draw" ? Number(seed.value) : -1;
    const asked = { text, special, encoding: encoding.value, prompt: prompt.value, length: Number(tokens.value), seed: drawn };
    return put("completed", "bigram", asked, (told) => this.drawn(told));
  }

  drawn(told) {
    if (!told.steps.length) return [el("p", { class: "lead" }, "The text above is empty: there is nothing to count.")];
    const bytesOf = readVocabulary(told.vocabulary);
    const get = (id) => bytesOf.get(id);
    const shown = el("div", { class: "step", "aria-live": "polite" });
    const stepper = new Stepper("tokens", (at) => shown.replaceChildren(...this.step(told, at, get)));
    stepper.set(told.steps.length, told.steps.length);
    return [el("p", {}, `The model has read ${plural(told.n_ids, "token")} and holds ${plural(told.n_pairs, "distinct pair")} of neighbours.`),
      stepper.box, shown, ...bits(told.bits_per_byte)];
  }

  // What stands there after `at` tokens, and how the last of them was chosen.
  step(told, at, get) {
    const chosen = told.steps.slice(0, at).map((step) => step.chosen);
    const ids = [...told.prompt, ...chosen];
    const text = el("p", { class: "completion" }, ...told.prompt.length ? nodes(join(told.prompt.map(get))) : [],
      el("mark", {}, ...nodes(join(chosen.map(get)))));
    const parts = [text, chips(ids, get, { fresh: at ? ids.length - 1 : -1, notes: (id) => String(id) })];
    if (!at) return [el("p", {}, `The prompt is ${plural(told.prompt.length, "token")}.`), ...parts];
    const step = told.steps[at - 1];
    return [el("p", {}, ...reason(step, get)), ...parts, row(step, get)];
  }
}

export function reason(step, get) {
  const chosen = [" Chosen: id ", String(step.chosen), ", ", el("b", {}, mark(get(step.chosen))), "."];
  if (!step.known) {
    const why = step.last === null ? "No token precedes it" : "The last id has no followers in the text";
    return [`${why}, so any id may come, by how frequent it is.`, ...chosen];
  }
  return ["The last id is ", String(step.last), ", ", el("b", {}, mark(get(step.last))), ": its row counts ",
    `${plural(step.total, "follower")}.`, ...chosen];
}

export function row(step, get) {
  const rows = step.row.map(([id, count]) => [
    String(id), mark(get(id)), el("code", {}, hex(get(id))), number(count), `${(100 * count / step.total).toFixed(1)} %`,
    bar(count / step.row[0][1]), id === step.chosen ? "chosen" : "",
  ]);
  const others = step.row.some(([id]) => id === step.chosen) ? [] : [[
    String(step.chosen), mark(get(step.chosen)), el("code", {}, hex(get(step.chosen))), "", "", "", "chosen, a rarer one",
  ]];
  return table("the row of the last id", ["next id", "token", "bytes", "count", "share", "", ""], [...rows, ...others], [0, 3, 4]);
}

// Bits per byte by vocabulary size: what tokens of a size do for the same model of the same text.
function bits(measured) {
  if (!measured.length) return [];
  const most = Math.max(...measured.map((one) => one.bits));
  const rows = measured.map((one) => [number(one.vocab_size), one.bits.toFixed(3), bar(one.bits / most)]);
  return [el("h3", {}, "Bits per byte of the last tenth of the text, after the rest was read"),
    el("p", {}, "The model has not seen that tenth. A tokenizer trained on this text has, so its figures are a little too good."),
    table("bits per byte by vocabulary size", ["ids", "bits per byte", ""], rows, [0, 1])];
}

const join = (tokens) => Uint8Array.from(tokens.flatMap((token) => [...token]));
