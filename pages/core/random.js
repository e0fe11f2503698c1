// Python's random.Random(seed): the Mersenne Twister MT19937, seeded with one word, so that a completion drawn here is the one
// that the library draws.

const [SIZE, SHIFT] = [624, 397];

export class Random {
  // `seed` is a whole number from 0 to 2^32 - 1.
  constructor(seed) {
    this.words = new Uint32Array(SIZE);
    this.at = SIZE;
    const { words } = this;
    words[0] = 19650218;
    for (let at = 1; at < SIZE; at += 1) words[at] = Math.imul(1812433253, mixed(words[at - 1])) + at;
    let at = 1;
    for (let step = 0; step < SIZE; step += 1) {
      words[at] = (words[at] ^ Math.imul(mixed(words[at - 1]), 1664525)) + seed;
      at = this.after(at);
    }
    for (let step = 0; step < SIZE - 1; step += 1) {
      words[at] = (words[at] ^ Math.imul(mixed(words[at - 1]), 1566083941)) - at;
      at = this.after(at);
    }
    words[0] = 0x8000_0000;
  }

  // The next place while seeding; the first word is never seeded itself.
  after(at) {
    if (at + 1 < SIZE) return at + 1;
    this.words[0] = this.words[SIZE - 1];
    return 1;
  }

  twist() {
    const { words } = this;
    for (let at = 0; at < SIZE; at += 1) {
      const both = (words[at] & 0x8000_0000) | (words[(at + 1) % SIZE] & 0x7fff_ffff);
      words[at] = words[(at + SHIFT) % SIZE] ^ (both >>> 1) ^ (both & 1 ? 0x9908_b0df : 0);
    }
    this.at = 0;
  }

  word() {
    if (this.at === SIZE) this.twist();
    let word = this.words[this.at];
    this.at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  // A number from 0 to below 1, of 53 bits.
  random() {
    const [high, low] = [this.word() >>> 5, this.word() >>> 6];
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  // One of some things, each as likely as its weight says.
  choice(things, weights) {
    const drawn = this.random() * weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    const found = weights.findIndex((weight) => {
      sum += weight;
      return drawn < sum;
    });
    return things[found < 0 ? things.length - 1 : found];
  }
}

const mixed = (word) => (word ^ (word >>> 30)) >>> 0;
