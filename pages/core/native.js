// minitok's own files (SPEC F1). The core reads them, and writes them as Python does, to the byte: so a tokenizer that is trained here has
// the same name in a link everywhere.

// A tokenizer of the reader's own goes by what the core writes of it: by its CRC-32.
export function nameOf(file) {
  let check = -1;
  for (const byte of new TextEncoder().encode(file)) {
    check ^= byte;
    for (let bit = 0; bit < 8; bit += 1) check = (check >>> 1) ^ (check & 1 ? 0xedb88320 : 0);
  }
  return `own-${(~check >>> 0).toString(16).padStart(8, "0")}`;
}

// What the core reads as a tokenizer that was trained here.
export const dump = (fields) => JSON.stringify({ format: "minitok", version: 1, byte_order: "identity", ...fields });
