// The smallest language model: python/minitok/explain/bigram.py, function for function.

// A part of the text is kept unseen to measure on.
const UNSEEN = 10;
const SHOWN = 5;

export class Bigram {
  constructor(ids, vocabSize) {
    Object.assign(this, { vocabSize, nIds: ids.length, counts: new Uint32Array(vocabSize) });
    for (const id of ids) this.counts[id] += 1;
    // A pair is one number, left * vocabSize + right; so the followers of an id lie side by side.
    const all = new Float64Array(Math.max(0, ids.length - 1));
    for (let at = 0; at < all.length; at += 1) all[at] = ids[at] * vocabSize + ids[at + 1];
    all.sort();
    [this.pairs, this.pairCounts] = [[], []];
    for (const pair of all) {
      if (this.pairs.at(-1) === pair) this.pairCounts[this.pairs.length - 1] += 1;
      else {
        this.pairs.push(pair);
        this.pairCounts.push(1);
      }
    }
  }

  // The first pair that is not below a number.
  place(wanted) {
    let [low, high] = [0, this.pairs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pairs[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The ids that came after an id, each with how often, the most frequent first; null gives how frequent each id is.
  row(last) {
    const found = [];
    if (last === null) this.counts.forEach((count, id) => { if (count) found.push([id, count]); });
    else {
      const end = this.place((last + 1) * this.vocabSize);
      for (let at = this.place(last * this.vocabSize); at < end; at += 1) {
        found.push([this.pairs[at] % this.vocabSize, this.pairCounts[at]]);
      }
    }
    return found.sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  }

  // How likely an id is after another: its row, with one follower more, which may be any id.
  probability(last, then) {
    const alone = (this.counts[then] + 1) / (this.nIds + this.vocabSize);
    if (last === null) return alone;
    const [start, end] = [this.place(last * this.vocabSize), this.place((last + 1) * this.vocabSize)];
    const at = this.place(last * this.vocabSize + then);
    const found = this.pairs[at] === last * this.vocabSize + then ? this.pairCounts[at] : 0;
    let total = 0;
    for (let place = start; place < end; place += 1) total += this.pairCounts[place];
    return (found + alone) / (total + 1);
  }

  // Go on from a prompt: each step draws an id from the row of the last one, or with no seed (null) takes the first.
  complete(prompt, length, seed) {
    let state = BigInt(seed ?? 0);
    let last = prompt.at(-1) ?? null;
    const steps = [];
    for (let step = 0; step < (this.nIds ? length : 0); step += 1) {
      let row = this.row(last);
      const known = row.length > 0 && last !== null;
      if (!row.length) row = this.row(null);
      const total = row.reduce((sum, [, count]) => sum + count, 0);
      state = mix(state);
      const chosen = drawn(row, seed === null ? 0 : Number(state % BigInt(total)));
      steps.push({ last, row: row.slice(0, SHOWN), total, chosen, known });
      last = chosen;
    }
    return steps;
  }

  // What a perfect coder would pay for the ids, in bits.
  bits(ids) {
    let sum = 0;
    ids.forEach((then, at) => { sum += Math.log2(this.probability(at ? ids[at - 1] : null, then)); });
    return -sum;
  }
}

// The follower at a place, if each has as many places as its count.
function drawn(row, place) {
  let end = 0;
  return row.find(([, count]) => (end += count) > place)[0];
}

// The next random number after one: SplitMix64's (python/minitok/reference/more/dropout.py).
const scrambled = (number, shift, by) => BigInt.asUintN(64, (number ^ (number >> shift)) * by);
function mix(number) {
  const state = BigInt.asUintN(64, number + 0x9e3779b97f4a7c15n);
  const last = scrambled(scrambled(state, 30n, 0xbf58476d1ce4e5b9n), 27n, 0x94d049bb133111ebn);
  return last ^ (last >> 31n);
}

// Bits per byte of the last part of a text under a model of the rest, for tokenizers as functions from text to ids.
export function bitsPerByte(text, cut, encode, vocabSize) {
  return new Bigram(encode(text.subarray(0, cut)), vocabSize).bits(encode(text.subarray(cut))) / Math.max(1, text.length - cut);
}

export const seen = (length) => length - Math.floor(length / UNSEEN);
