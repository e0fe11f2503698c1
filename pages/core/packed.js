// Files that are packed, so that they come in half the time. A server that knows what .gz means may have unpacked them on the way.

export async function unpacked(answered) {
  const data = new Uint8Array(await answered.arrayBuffer());
  const isPacked = data[0] === 0x1f && data[1] === 0x8b;
  return new Response(isPacked ? new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip")) : data);
}
