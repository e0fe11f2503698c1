// The steps of a piece, replayed from its merge tree as python/minitok/explain/steps.py does it: which parts stood, which pairs could
// merge, and which one did.

export const nMerges = ({ parts }) => parts.filter(({ rank }) => rank !== null).length;

export class Steps {
  constructor({ parts, blocked }) {
    const made = parts.filter(({ rank }) => rank !== null);
    const numbers = new Map(parts.map(({ start, end }, at) => [`${start} ${end}`, at]));
    const merged = made.map(({ rank, start, left, right }, step) => ({ rank, start, left, right, last: step }));
    const stopped = blocked.filter(({ step }) => step !== null).map(({ rank, start, middle, end, step }) => ({
      rank, start, left: numbers.get(`${start} ${middle}`), right: numbers.get(`${middle} ${end}`), last: step,
    }));
    Object.assign(this, { parts, made, first: parts.length - made.length, length: made.length });
    this.pairs = [...merged, ...stopped].sort((one, other) => one.rank - other.rank || one.start - other.start);
    // A pair could merge from the step at which both of its sides stood until the step that merged it, or one of them.
    for (const pair of this.pairs) pair.from = Math.max(0, Math.max(pair.left, pair.right) + 1 - this.first);
  }

  // The numbers of the parts that stand after so many steps, as they stand in the text.
  standing(steps) {
    const used = new Set(this.made.slice(0, steps).flatMap(({ left, right }) => [left, right]));
    const all = Array.from({ length: this.first + steps }, (_, at) => at).filter((at) => !used.has(at));
    return all.sort((one, other) => this.parts[one].start - this.parts[other].start);
  }

  ids(steps) {
    return this.standing(steps).map((at) => this.parts[at].id);
  }

  // One step: where it merges, how many pairs shared its rank, the pairs that could merge, and the ids after it.
  at(step) {
    const places = new Map(this.standing(step).map((at, place) => [at, place]));
    const candidates = this.pairs.filter(({ from, last }) => from <= step && step <= last).map(({ rank, left, right }) =>
      ({ rank, pair: [this.parts[left].id, this.parts[right].id], place: places.get(left) }));
    const { id, rank, left } = this.made[step];
    const ties = candidates.filter((one) => one.rank === rank).length;
    return { id, rank, ties, candidates, pair: candidates[0].pair, winner: places.get(left), ids: this.ids(step + 1) };
  }

  * [Symbol.iterator]() {
    for (let step = 0; step < this.length; step += 1) yield this.at(step);
  }
}
