// A training that reports each step as it runs: python/minitok/play/learning.py, over the core. It runs in a separate worker, which
// is terminated to stop it.

import { dump } from "./native.js";

const TRACED = 512;
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
  const special = [...new Set((asked.special ?? "").split("\n").filter(Boolean))];
  const tieBreak = TIES.indexOf(asked.tie_break);
  const nMerges = Number(asked.vocab_size) - 256 - special.length;
  if (!(nMerges >= 0)) throw new RangeError(`'vocab_size' must be at least ${256 + special.length}`);
  const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  const phases = [];
  const timed = (name, act) => {
    const started = performance.now();
    const made = act();
    phases.push({ name, seconds: Math.round(performance.now() - started) / 1000, peak_memory: null });
    return made;
  };
  const merging = (n, isTraced) => {
    reporter.begin(isTraced ? "tracing" : "merging", n);
    return json(core.call("learn", [], n, tieBreak, isTraced ? 1 : 0));
  };

  reporter.begin("counting", text.length);
  const counted = timed("counting", () => json(core.call("count", [text, asked.pattern, ...special])));
  const { merges, ties, stop } = timed("merging", () => {
    // A traced step looks at every pair anew; the rest is learnt without, from the same counts, which begins with the same merges.
    const traced = merging(Math.min(nMerges, TRACED), true);
    reporter.flush();
    return traced.merges.length === TRACED && nMerges > TRACED ? merging(nMerges, false) : traced;
  });
  const { bytes, pieces, unique_pieces } = counted;
  const trained = {
    vocab_size: Number(asked.vocab_size), tie_break: asked.tie_break, min_frequency: 1, max_token_length: null,
    stop, merges: merges.length, ties, documents: 1, bytes, pieces, unique_pieces, phases,
  };
  const ids = Object.fromEntries(special.map((name, at) => [name, 256 + merges.length + at]));
  return dump({ name: asked.name || null, pattern: asked.pattern, special_tokens: ids, trained, merges });
}
