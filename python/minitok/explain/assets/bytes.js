// Bytes of texts and of tokens: UTF-8, places in it, and both ways into a link.

const encoder = new TextEncoder();

// A lone surrogate becomes U+FFFD, as in the library.
export const utf8 = (text) => encoder.encode(text);

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

const continues = (byte) => (byte & 0xc0) === 0x80;

// Bytes as the core's answers have them: a string where they are UTF-8.
export function readBytes(written) {
  if (typeof written === "string") return utf8(written);
  return Uint8Array.from(written.hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// A vocabulary of an answer: bytes by id.
export function readVocabulary(written) {
  return new Map(Object.entries(written).map(([id, bytes]) => [Number(id), readBytes(bytes)]));
}

// The bytes as parts: text that can be read, and single bytes of characters that are not whole.
export function* charsOf(bytes) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at];
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      yield { char: decoder.decode(bytes.subarray(at, at + length)), byte: null };
      at += length;
    } catch {
      yield { char: "", byte: first };
      at += 1;
    }
  }
}

// Which characters (code points) the bytes from `start` to `end` hold, or hold a part of.
export function charSpan(bytes, start, end) {
  let begun = 0;
  for (let at = 0; at < start; at += 1) if (!continues(bytes[at])) begun += 1;
  const first = start > 0 && continues(bytes[start]) ? begun - 1 : begun;
  for (let at = start; at < end; at += 1) if (!continues(bytes[at])) begun += 1;
  return [first, begun];
}

// The place in a string of JavaScript, which counts in UTF-16, of a byte of its UTF-8 form; inside a character, its beginning.
export function utf16At(bytes, place) {
  let units = 0;
  let end = place;
  while (end > 0 && end < bytes.length && continues(bytes[end])) end -= 1;
  for (let at = 0; at < end; at += 1) {
    if (!continues(bytes[at])) units += bytes[at] >= 0xf0 ? 2 : 1;
  }
  return units;
}

// Text made small, in the letters that a link may hold.
export async function pack(text) {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let chars = "";
  for (let at = 0; at < bytes.length; at += 0x8000) chars += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(chars).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// What `pack` made; a link may come from anyone, so no more than `most` bytes are unpacked.
export async function unpack(packed, most) {
  const chars = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(chars, (char) => char.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const chunks = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error("more than a link may hold");
    }
    chunks.push(read.value);
  }
  return new Blob(chunks).text();
}
