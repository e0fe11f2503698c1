// Bytes as text of one character each, by which tokens can be looked up, and in base64.

const CHUNK = 8192;

export function binary(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

const encoder = new TextEncoder();
// The UTF-8 of a text.
export const utf8 = (text) => binary(encoder.encode(text));

export const BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

// The characters of a piece of text given as bytes; a byte that is not UTF-8 stands alone.
export const characters = (token) => token.match(/[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[^]/g) ?? [];
