// Where the key-values at the head of a GGUF file end (rust/formats/gguf_values.rs). The tensors behind them are not read: a
// file of gigabytes costs what its head costs.

export class Malformed extends Error {}
// More of the file is needed.
class Short extends Error {}

const MAGIC = "GGUF";
const VERSIONS = [2, 3];
const [STRING, ARRAY] = [8, 9];
// How many bytes numbers of each type have.
const SIZES = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const FIRST = 1 << 22;
const said = (value) => value.toLocaleString("en");

const isGguf = (bytes) => String.fromCharCode(...bytes.subarray(0, 4)) === MAGIC;

// The part of a file that holds its key-values; all of a file that is no GGUF. At most `most` bytes are read.
export async function headOf(file, most) {
  if (!isGguf(new Uint8Array(await file.slice(0, 4).arrayBuffer()))) return file;
  for (let size = Math.min(FIRST, most); ; size = Math.min(2 * size, most)) {
    try {
      const end = endOf(new Uint8Array(await file.slice(0, size).arrayBuffer()), file.size);
      return file.slice(0, end);
    } catch (error) {
      if (!(error instanceof Short)) throw error;
      if (size === most) throw new Malformed(`the key-values at its head take more than ${said(most)} bytes`);
    }
  }
}

// Where the key-values end. `size` is that of the file, of which `bytes` are the beginning.
function endOf(bytes, size) {
  const reader = new Reader(bytes, size);
  reader.skip(MAGIC.length);
  const version = reader.number(4);
  if (!VERSIONS.includes(version)) {
    const isSwapped = VERSIONS.some((known) => known * 2 ** 24 === version);
    throw new Malformed(isSwapped ? "it is big-endian" : `its version is ${version}; minitok reads 2 and 3`);
  }
  reader.number(8);
  const count = reader.number(8);
  for (let number = 0; number < count; number += 1) {
    reader.skip(reader.number(8));
    reader.skipValue();
  }
  return reader.at;
}

class Reader {
  constructor(bytes, size) {
    Object.assign(this, { bytes, size, at: 0, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
  }

  // Step over some bytes; give where they begin.
  skip(count) {
    if (count > this.size - this.at) {
      const missing = count - (this.size - this.at);
      throw new Malformed(`the file is truncated: ${missing} bytes are missing or more at byte ${this.at}`);
    }
    if (count > this.bytes.length - this.at) throw new Short();
    this.at += count;
    return this.at - count;
  }

  // A whole number of four bytes or eight.
  number(size) {
    const at = this.skip(size);
    return size === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true));
  }

  skipValue() {
    const type = this.number(4);
    if (SIZES[type]) this.skip(SIZES[type]);
    else if (type === STRING) this.skip(this.number(8));
    else if (type === ARRAY) this.skipItems(this.number(4), this.number(8));
    else throw new Malformed(`a value before byte ${said(this.at)} has the unknown type ${type}`);
  }

  skipItems(type, count) {
    if (SIZES[type]) {
      this.skip(count * SIZES[type]);
      return;
    }
    if (type !== STRING) {
      throw new Malformed(`an array before byte ${said(this.at)} has items of the type ${type}, which minitok does not read`);
    }
    // Each string takes eight bytes at least.
    if (count > (this.size - this.at) / 8) {
      throw new Malformed(`the file is truncated: ${count} items are said to come at byte ${this.at}`);
    }
    for (let number = 0; number < count; number += 1) this.skip(this.number(8));
  }
}
