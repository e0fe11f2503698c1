// Files that are packed, so that they come in half the time. A server that knows what .gz means may have unpacked them on the way.

export async function unpacked(answered) {
  const data = new Uint8Array(await answered.arrayBuffer());
  const isPacked = data[0] === 0x1f && data[1] === 0x8b;
  return new Response(isPacked ? new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip")) : data);
}

// A vocabulary as the core reads it (SPEC F4). tools/build_pages.py says how it comes, unless it is as the package has it.
export function vocabulary(data) {
  if (data[0] !== 0) return data;
  const [, width, start, n] = new Uint32Array(data.buffer, 0, 4);
  const [heads, rest] = [data.subarray(16 + start), data.subarray(16 + start + n)];
  const made = new Uint8Array(start + Math.ceil((n * width) / 8));
  made.set(data.subarray(16, 16 + start));
  let place = 0;
  for (let at = 0, to = 8 * start; at < n; at += 1, to += width) {
    const [more, from] = [Math.max(0, (heads[at] >> 4) - 1), place >> 3];
    const low = ((rest[from] | (rest[from + 1] << 8) | (rest[from + 2] << 16)) >> (place & 7)) & ((1 << more) - 1);
    const id = ((heads[at] - 16 * more) << more) | low;
    for (let k = 0; k < 4; k += 1) made[(to >> 3) + k] |= (id << (to & 7)) >> (8 * k);
    place += more;
  }
  return made;
}
