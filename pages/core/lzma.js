// LZMA without a head, as tools/build_pages.py packs the core: a quarter less to fetch than by gzip, which browsers unpack themselves.
// Literals are known by three bits of the byte before, and nothing by its place (lc = 3, lp = 0, pb = 0).

// Where the probabilities of each kind of bit begin.
const [MATCH, REP, REP0, REP0_LONG, REP1, REP2, LENGTH, REP_LENGTH, SLOT, SPECIAL, ALIGN, LITERAL] =
  [0, 12, 24, 36, 48, 60, 72, 346, 620, 876, 991, 1007];
const AFTER_LITERAL = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5]; // the next state, by the state

// The bytes that `packed` has from its fifth on; before them stands how many they are.
export function unlzma(packed) {
  const head = new DataView(packed.buffer, packed.byteOffset);
  const made = new Uint8Array(head.getUint32(0, true));
  const chances = new Uint16Array(LITERAL + 0x1800).fill(1024);
  const coder = Uint32Array.of(0xffff_ffff, head.getUint32(5)); // the range, and the place in it
  let from = 9;

  const shift = () => {
    if (coder[0] >= 0x100_0000) return;
    coder[0] <<= 8;
    coder[1] = (coder[1] << 8) | packed[from];
    from += 1;
  };
  const bit = (model) => {
    const chance = chances[model];
    const bound = (coder[0] >>> 11) * chance;
    const found = coder[1] < bound ? 0 : 1;
    chances[model] += found ? -(chance >> 5) : (2048 - chance) >> 5;
    coder[0] = found ? coder[0] - bound : bound;
    if (found) coder[1] -= bound;
    shift();
    return found;
  };
  // As likely 0 as 1.
  const even = () => {
    coder[0] >>>= 1;
    const found = coder[1] < coder[0] ? 0 : 1;
    if (found) coder[1] -= coder[0];
    shift();
    return found;
  };
  // A number of some bits, of which each is known by those before it; the highest comes first, or the lowest.
  const number = (model, count) => {
    let node = 1;
    for (let at = 0; at < count; at += 1) node = 2 * node + bit(model + node);
    return node - (1 << count);
  };
  const reversed = (model, count) => {
    let [node, found] = [1, 0];
    for (let at = 0; at < count; at += 1) {
      node = 2 * node + bit(model + node);
      found += (node & 1) << at;
    }
    return found;
  };
  const lengthBy = (model) => {
    if (!bit(model)) return 2 + number(model + 2, 3);
    return bit(model + 1) ? 18 + number(model + 18, 8) : 10 + number(model + 10, 3);
  };
  const distanceOf = (length) => {
    const slot = number(SLOT + 64 * Math.min(length - 2, 3), 6);
    if (slot < 4) return slot + 1;
    const count = (slot >> 1) - 1;
    let found = 2 + (slot & 1);
    if (slot < 14) return (found << count) + reversed(SPECIAL + (found << count) - slot, count) + 1;
    for (let at = 4; at < count; at += 1) found = 2 * found + even();
    return 16 * found + reversed(ALIGN, 4) + 1;
  };
  // Behind a match, the byte that it would go on with says something, as far as the literal agrees with it.
  const literal = (before, expected) => {
    const model = LITERAL + 0x300 * (before >> 5);
    let node = 1;
    for (let at = 7; expected !== null && node < 0x100; at -= 1) {
      const guess = (expected >> at) & 1;
      node = 2 * node + bit(model + 0x100 * (1 + guess) + node);
      if ((node & 1) !== guess) break;
    }
    while (node < 0x100) node = 2 * node + bit(model + node);
    return node;
  };

  const back = [1, 1, 1, 1]; // the distances of the last matches, the latest first
  let state = 0; // what the last steps were: below 7, the last was a literal
  for (let at = 0; at < made.length;) {
    if (!bit(MATCH + state)) {
      made[at] = literal(at ? made[at - 1] : 0, state < 7 ? null : made[at - back[0]]);
      at += 1;
      state = AFTER_LITERAL[state];
      continue;
    }
    let [length, next] = [1, 9];
    if (!bit(REP + state)) {
      [length, next] = [lengthBy(LENGTH), 7];
      back.unshift(distanceOf(length));
      back.pop();
    } else {
      const which = !bit(REP0 + state) ? 0 : !bit(REP1 + state) ? 1 : 2 + bit(REP2 + state);
      if (which || bit(REP0_LONG + state)) {
        [length, next] = [lengthBy(REP_LENGTH), 8];
        back.unshift(...back.splice(which, 1));
      }
    }
    state = state < 7 ? next : Math.min(next + 3, 11);
    for (const end = at + length; at < end; at += 1) made[at] = made[at - back[0]];
  }
  return made;
}
