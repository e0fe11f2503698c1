// A training that reports each step as it runs, over the core. It runs in a separate worker, which
// is terminated to stop it.

import { list } from "../js/engine.js";
import { dump } from "./native.js";

const TRACED = 512;
// Of the 30 articles of the declaration, these say which language is worst off; the bill is that of the others.
export const DEVELOPMENT = 20;
const TIES = ["smallest_ids", "first_seen", "greatest_bytes"];
// Milliseconds between two messages.
const PACE = 50;

// What the core calls while it trains; `post` sends a message to the page.
export class Reporter {
  constructor(post) {
    Object.assign(this, { post, merges: [], postedAt: 0, counted: 0, phase: null, total: 0 });
  }

  begin(phase, total) {
    Object.assign(this, { phase, total, counted: 0 });
  }

  progress(done) {
    // While counting, `done` is the bytes added; while merging, the merges so far. A trace reports each merge as an event.
    this.counted = this.phase === "counting" ? this.counted + done : done;
    if (this.phase !== "tracing" && performance.now() - this.postedAt > PACE) {
      this.post({ phase: this.phase, done: this.counted, total: this.total });
      this.postedAt = performance.now();
    }
  }

  event(event) {
    this.merges.push(news(event));
    if (performance.now() - this.postedAt > PACE) this.flush();
  }

  flush() {
    if (this.merges.length) this.post({ merges: this.merges });
    this.merges = [];
    this.postedAt = performance.now();
  }
}

// What a page shows of a merge; of the ties, which may be thousands, how many there are.
function news({ id, winner, count, ties, words, candidates }) {
  return {
    id, pair: winner, count, ties: ties.length, words: words.length,
    candidates: candidates.map((candidate) => [...candidate.pair, candidate.count]),
  };
}

// Train on a text as the page's form says; gives the file of the tokenizer. `reporter` is the one that the core calls.
export function learn(core, reporter, asked, text) {
  const training = new Training(core, reporter, asked);
  const counted = training.count([text]);
  return training.file(counted, training.plain(true));
}

// Train on the texts of several languages, plainly and with parity, where the first articles of the declaration say which language is
// worst off; gives both files. `texts` (a Map) and `articles` are by language.
export function compare(core, reporter, asked, texts, articles) {
  const named = (name) => ({ ...asked, name: asked.name && name });
  const plain = new Training(core, reporter, named(`${asked.name}, plain`));
  const plainFile = plain.file(plain.count([...texts.values()]), plain.plain(false));
  const fair = new Training(core, reporter, asked);
  const counted = [...texts.values()].map((text, at) => fair.count([text], at > 0));
  for (const language of texts.keys()) fair.count(articles[language].slice(0, DEVELOPMENT), true);
  return [plainFile, fair.fileOfParity(counted, [...texts.keys()])];
}

// The text of each language: names of the declaration, each with how many bytes of the text are in that language.
export function byLanguage(said, text, declaration) {
  const found = new Map();
  let at = 0;
  for (const [language, size] of said.split(",").filter(Boolean).map((part) => part.split(/:(?=[^:]*$)/))) {
    if (!Object.hasOwn(declaration, language)) {
      throw new RangeError(`'${language}' is not a language of the declaration, which says who is worst off: Hindi is, for example`);
    }
    if (found.has(language)) throw new RangeError(`${language} is named twice`);
    found.set(language, text.subarray(at, at + Number(size)));
    at += Number(size);
    if (!new TextDecoder().decode(found.get(language)).trim()) throw new RangeError(`there is no text in ${language}`);
  }
  if (found.size < 2) throw new RangeError("parity is between languages: there must be texts in two or more");
  return found;
}

// The sums over several corpora.
const together = (counted) => Object.fromEntries(
  Object.keys(counted[0]).map((key) => [key, counted.reduce((sum, one) => sum + one[key], 0)]));

class Training {
  constructor(core, reporter, asked) {
    const special = [...new Set((asked.special ?? "").split("\n").filter(Boolean))];
    const nMerges = Number(asked.vocab_size) - 256 - special.length;
    if (!(nMerges >= 0)) throw new RangeError(`'vocab_size' must be at least ${256 + special.length}`);
    Object.assign(this, { core, reporter, asked, special, nMerges, seconds: { counting: 0, merging: 0 } });
  }

  // What the core answers, in JSON.
  timed(phase, ...call) {
    const started = performance.now();
    const answer = JSON.parse(new TextDecoder().decode(this.core.call(...call)));
    this.seconds[phase] += (performance.now() - started) / 1000;
    return answer;
  }

  // Count a corpus: some documents. With `more`, what was counted before stays beside it.
  count(documents, more = false) {
    const parts = list(documents);
    this.reporter.begin("counting", parts[1].length);
    return this.timed("counting", "count", [...parts, this.asked.pattern, ...this.special], more ? 1 : 0);
  }

  merging(n, isTraced) {
    this.reporter.begin(isTraced ? "tracing" : "merging", n);
    return this.timed("merging", "learn", [], n, TIES.indexOf(this.asked.tie_break), isTraced ? 1 : 0);
  }

  // Learn from the corpus counted last. A traced step looks at every pair anew; the rest is learnt without, from the same counts, which
  // begins with the same merges.
  plain(isTraced) {
    if (!isTraced) return this.merging(this.nMerges, false);
    const traced = this.merging(Math.min(this.nMerges, TRACED), true);
    this.reporter.flush();
    return traced.merges.length === TRACED && this.nMerges > TRACED ? this.merging(this.nMerges, false) : traced;
  }

  file(counted, { merges, ties, stop }) {
    const { vocab_size, tie_break } = this.asked;
    return this.dump({ vocab_size: Number(vocab_size), tie_break, min_frequency: 1, max_token_length: null }, counted, merges, ties, stop);
  }

  fileOfParity(counted, languages) {
    this.reporter.begin("merging", this.nMerges);
    const { merges, ties, stop, chosen } = this.timed("merging", "learn_parity", [], this.nMerges);
    const turns = Object.fromEntries(languages.map((language, at) => [language, chosen[at]]));
    const options = { vocab_size: Number(this.asked.vocab_size), min_frequency: 1, max_token_length: null, languages: turns };
    return this.dump(options, together(counted), merges, ties, stop);
  }

  dump(options, { documents, bytes, pieces, unique_pieces }, merges, ties, stop) {
    const phases = Object.entries(this.seconds)
      .map(([name, seconds]) => ({ name, seconds: Math.round(seconds * 1000) / 1000, peak_memory: null }));
    const trained = { ...options, stop, merges: merges.length, ties, documents, bytes, pieces, unique_pieces, phases };
    const ids = Object.fromEntries(this.special.map((name, at) => [name, 256 + merges.length + at]));
    return dump({ name: this.asked.name || null, pattern: this.asked.pattern, special_tokens: ids, trained, merges });
  }
}
