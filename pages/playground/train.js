// A vocabulary that grows as you watch: train on a text, live, and look at every merge.

import { Refused, train } from "./api.js";
import { byId, download, el, number, onSubmit, plural } from "./dom.js";
import { learntBy } from "./learnt.js";
import { drawn, partsIn, partsOf } from "./parity.js";
import { state } from "./state.js";
import { Stepper } from "./stepper.js";
import { chip } from "./visible.js";

// How many of the newest tokens of the vocabulary are shown.
const SHOWN = 120;

export class Trainer {
  // `limits` are the core's, `languages` those of the declaration; `use(tokenizer)` takes what was learnt, and a promise of it is
  // waited for.
  constructor(limits, languages, use) {
    Object.assign(this, { limits, languages, use, merges: [], tokens: [], learnt: null, running: null });
    this.form = byId("train");
    this.fields = this.form.elements;
    this.fields.vocab_size.max = limits.vocab_size;
    onSubmit(this.form, () => this.run());
    this.fields.parity.addEventListener("click", () => this.form.reportValidity() && this.run(true));
    this.fields.file.addEventListener("change", () => { this.fields.from.value = "file"; });
    this.fields.stop.addEventListener("click", () => this.running?.abort());
    this.fields.save.addEventListener("click", () =>
      download(`${this.learnt.title}.minitok.json`, new Blob([this.learnt.file], { type: "application/json" })));
  }

  say(text, share = null) {
    this.fields.how.textContent = text;
    if (share !== null) this.form.querySelector("progress").value = share;
  }

  // The texts to learn from, by name: with parity, one for each language.
  parts(isFair) {
    const { from, file: { files } } = this.fields;
    if (from.value === "text") return isFair ? partsOf(state.text, this.languages) : [[null, new Blob([state.text])]];
    if (!files.length) throw new Refused("Choose a file first.");
    if (files.length > 1 && !isFair) throw new Refused("Choose one file, or train with parity.");
    return partsIn(files);
  }

  async run(isFair = false) {
    const { vocab_size: size, pattern, tie_break: ties, special, name } = this.fields;
    let parts;
    try {
      parts = this.parts(isFair);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return this.say(error.message);
    }
    const corpus = new Blob(parts.map(([, part]) => part));
    if (corpus.size > this.limits.corpus) return this.say(`At most ${number(this.limits.corpus)} bytes can be trained on.`);
    const options = {
      vocab_size: size.value, pattern: pattern.value, tie_break: ties.value, special: special.value, name: name.value || "mine",
      ...(isFair ? { languages: parts.map(([language, part]) => `${language}:${part.size}`).join(",") } : {}),
    };
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.begin(Number(size.value) - 256 - (special.value ? 1 : 0), isFair);
    try {
      for await (const news of train(options, corpus, running.signal)) await this.hear(news);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Refused)) throw error;
      if (this.running === running) this.say(error.name === "AbortError" ? "Stopped." : error.message);
    } finally {
      if (this.running === running) this.end();
    }
    return undefined;
  }

  begin(wanted, isFair) {
    this.wanted = wanted;
    this.merges = [];
    this.tokens = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    this.fields.stop.disabled = false;
    this.say("Counting pieces …", 0);
    if (isFair) {
      byId("learnt").replaceChildren();
      return;
    }
    this.detail = el("div", { class: "step" });
    this.stepper = new Stepper("merges", (at) => this.detail.replaceChildren(...this.explain(at)));
    this.vocabulary = el("p", { class: "tokens", tabindex: 0, "aria-label": "the tokens learnt last", role: "group" });
    byId("learnt").replaceChildren(this.stepper.box, this.detail,
      el("h3", {}, "The vocabulary, the newest token first"), this.vocabulary);
  }

  end() {
    this.running = null;
    this.fields.stop.disabled = true;
  }

  async hear(news) {
    if (news.merges) this.grow(news.merges);
    else if (news.phase === "merging") this.say(`All merges: ${number(news.done)} of ${number(news.total)}`, news.done / news.total);
    else if (news.error) this.say(news.error);
    else if (news.tokenizer) await this.finish(news.tokenizer);
    else if (news.bill) await this.finishBoth(news);
  }

  grow(merges) {
    for (const merge of merges) {
      this.merges.push(merge);
      this.learn(merge.pair);
    }
    const n = this.merges.length;
    this.say(`${plural(n, "merge")} of ${number(this.wanted)}`, n / Math.max(1, this.wanted));
    // It begins at the first merge, which wins clearly; of the last ones, many are ties.
    this.stepper.set(n, Math.max(1, this.stepper.at));
  }

  learn([left, right]) {
    const id = this.tokens.length;
    const joined = new Uint8Array([...this.tokens[left], ...this.tokens[right]]);
    this.tokens.push(joined);
    this.vocabulary.prepend(chip(joined, id, String(id)));
    if (this.vocabulary.children.length > SHOWN) this.vocabulary.lastChild.remove();
  }

  finish(tokenizer) {
    this.learnt = tokenizer;
    // The last merges came without details; their tokens are in the file.
    for (const pair of JSON.parse(tokenizer.file).merges.slice(this.merges.length)) this.learn(pair);
    const short = tokenizer.n_merges < this.wanted ? " No pair was left to merge." : "";
    const first = this.merges.length < tokenizer.n_merges ? ` The first ${number(this.merges.length)} can be stepped through.` : "";
    this.say(`${plural(tokenizer.n_merges, "merge")}: “${tokenizer.title}” is ready, ${number(tokenizer.vocab_size)} ids.${short}${first}`, 1);
    this.fields.save.disabled = false;
    return this.use(tokenizer);
  }

  // Trained plainly and with parity: the second is what is saved.
  async finishBoth({ bill, tokenizers }) {
    byId("learnt").replaceChildren(...drawn(bill));
    this.learnt = tokenizers.at(-1);
    this.say(`${tokenizers.map(({ title, vocab_size: n }) => `“${title}” (${number(n)} ids)`).join(" and ")} are ready.`, 1);
    this.fields.save.disabled = false;
    for (const tokenizer of tokenizers) await this.use(tokenizer);
  }

  explain(at) {
    if (at === 0) return [el("p", {}, "256 ids, one for each byte.")];
    return learntBy(this.merges[at - 1], (id) => this.tokens[id]);
  }
}
