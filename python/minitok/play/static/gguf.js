// The key-values at the head of a GGUF file, as python/minitok/formats/gguf_values.py reads them. The tensors behind them are not
// read: a file of gigabytes costs what its head costs.

export class Malformed extends Error {}
// More of the file is needed.
class Short extends Error {}

const MAGIC = "GGUF";
const VERSIONS = [2, 3];
const [FLAG, STRING, ARRAY] = [7, 8, 9];
// The types of numbers: how they are read, and their sizes.
const NUMBERS = {
  0: ["Uint8", 1], 1: ["Int8", 1], 2: ["Uint16", 2], 3: ["Int16", 2], 4: ["Uint32", 4], 5: ["Int32", 4], 6: ["Float32", 4],
  [FLAG]: ["Uint8", 1], 10: ["BigUint64", 8], 11: ["BigInt64", 8], 12: ["Float64", 8],
};
const FIRST = 1 << 22;
const decoder = new TextDecoder();
const said = (value) => value.toLocaleString("en");

export const isGguf = (bytes) => String.fromCharCode(...bytes.subarray(0, 4)) === MAGIC;

// The part of a file that holds its key-values; all of a file that is no GGUF. At most `most` bytes are read.
export async function headOf(file, most) {
  if (!isGguf(new Uint8Array(await file.slice(0, 4).arrayBuffer()))) return file;
  for (let size = Math.min(FIRST, most); ; size = Math.min(2 * size, most)) {
    try {
      const { end } = readValues(new Uint8Array(await file.slice(0, size).arrayBuffer()), [], file.size);
      return file.slice(0, end);
    } catch (error) {
      if (!(error instanceof Short)) throw error;
      if (size === most) throw new Malformed(`the key-values at its head take more than ${said(most)} bytes`);
    }
  }
}

// The values of some keys, by name, and where the key-values end: numbers, flags, bytes (strings) and lists of them. `size` is that of
// the file, of which `bytes` are the beginning. A value is { kind, value }, of a list { kind: "list", of, value }.
export function readValues(bytes, wanted, size = bytes.length) {
  const reader = new Reader(bytes, size);
  reader.skip(MAGIC.length);
  const version = reader.number(4);
  if (!VERSIONS.includes(version)) {
    const isSwapped = VERSIONS.some((known) => known * 2 ** 24 === version);
    throw new Malformed(isSwapped ? "it is big-endian" : `its version is ${version}; minitok reads 2 and 3`);
  }
  reader.number(10);
  const count = reader.number(10);
  const [values, seen] = [new Map(), new Set()];
  for (let number = 0; number < count; number += 1) {
    const place = reader.at;
    const key = decoder.decode(reader.string());
    const value = reader.value(wanted.includes(key));
    if (seen.has(key)) throw new Malformed(`the key ${key} appears twice, the second time at byte ${said(place)}`);
    seen.add(key);
    if (wanted.includes(key)) values.set(key, value);
  }
  return { values, end: reader.at };
}

class Reader {
  constructor(bytes, size) {
    Object.assign(this, { bytes, size, at: 0, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
  }

  // Step over some bytes; give where they begin.
  skip(count) {
    if (count > this.size - this.at) {
      throw new Malformed(`the file is truncated: ${said(count)} bytes are missing or more at byte ${said(this.at)}`);
    }
    if (count > this.bytes.length - this.at) throw new Short();
    this.at += count;
    return this.at - count;
  }

  number(type) {
    const [name, size] = NUMBERS[type];
    return Number(this.view[`get${name}`](this.skip(size), true));
  }

  string() {
    const length = this.number(10);
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  value(isKept) {
    const type = this.number(4);
    if (NUMBERS[type]) return { kind: kindOf(type), value: this.number(type) };
    if (type === STRING) return { kind: "bytes", value: this.string() };
    if (type !== ARRAY) throw new Malformed(`a value before byte ${said(this.at)} has the unknown type ${type}`);
    const [of, count] = [this.number(4), this.number(10)];
    if (of === STRING) return { kind: "list", of: "bytes", value: this.strings(count, isKept) };
    if (!NUMBERS[of]) {
      throw new Malformed(`an array before byte ${said(this.at)} has items of the type ${of}, which minitok does not read`);
    }
    const [name, size] = NUMBERS[of];
    const start = this.skip(count * size);
    const read = (_, at) => Number(this.view[`get${name}`](start + at * size, true));
    return { kind: "list", of: kindOf(of), value: isKept ? Array.from({ length: count }, read) : [] };
  }

  // Each string takes eight bytes at least.
  strings(count, isKept) {
    if (count > (this.size - this.at) / 8) {
      throw new Malformed(`the file is truncated: ${said(count)} strings are said to come at byte ${said(this.at)}`);
    }
    const found = [];
    for (let number = 0; number < count; number += 1) {
      const string = this.string();
      if (isKept) found.push(string);
    }
    return found;
  }
}

const kindOf = (type) => (type === FLAG ? "bool" : NUMBERS[type][0].startsWith("Float") ? "float" : "int");
