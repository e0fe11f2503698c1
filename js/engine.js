// The WebAssembly module, and its tokenizers as objects. rust/wasm/mod.rs says how bytes cross.

import { FileFormatError, MinitokError } from "./errors.js";

// Stands for no id, no place and no number.
export const NONE = 0xffff_ffff;
// What a call returns: its answer is there, or is why a file is not read.
const [DONE, REFUSED] = [0, 2];
const encoder = new TextEncoder();
export const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// One instance of the module.
export class Engine {
  // `Kept` is the class of its tokenizers; `imports` are what a module calls that trains (pages/core/core.js).
  static async of(module, Kept, imports = { page: { progress() {}, event() {} } }) {
    const engine = Object.assign(new this(), { Kept, failure: null });
    engine.exports = (await WebAssembly.instantiate(module, imports)).exports;
    return engine;
  }

  // Numbers of the module are unsigned; a call gives them as signed ones.
  read(start, length) {
    return new Uint8Array(this.exports.memory.buffer, start >>> 0, length >>> 0);
  }

  // Hands over an argument. Where there is no room for it, the module forgets those before it, too.
  give(bytes) {
    const start = this.exports.take(Math.min(bytes.length, NONE));
    if (start === 0) throw new MinitokError("out of memory");
    this.read(start, bytes.length).set(bytes);
  }

  // Calls a function of the module: numbers go as they are, all else as bytes. Gives the bytes of its answer.
  call(name, given, ...numbers) {
    if (this.failure) throw new MinitokError(`the engine has failed before: ${this.failure.message}`);
    // The module keeps what it is given until a function takes it.
    if (!this.exports[name]) throw new MinitokError(`this module has no function ${name}`);
    const all = given.map(bytesOf);
    try {
      for (const bytes of all) this.give(bytes);
      const code = this.exports[name](...numbers);
      const answer = this.read(this.exports.answer_start(), this.exports.answer_length()).slice();
      if (code === DONE) return answer;
      throw new (code === REFUSED ? FileFormatError : MinitokError)(decoder.decode(answer));
    } catch (error) {
      // What is left of a module that has been stopped is not to be trusted.
      if (error instanceof WebAssembly.RuntimeError) this.failure = error;
      throw error;
    }
  }

  numbers(name, given, ...numbers) {
    return new Uint32Array(this.call(name, given, ...numbers).buffer);
  }

  // The bytes of a tokenizer's file of any format; how it cuts text, and its name, where the file does not say it.
  openFile(data, { pattern, name }) {
    const tokenizer = this.open("open_file", [data, pattern ?? "", name ?? ""]);
    for (const warning of tokenizer.description.warnings) console.warn(warning);
    return tokenizer;
  }

  open(how, given) {
    return new this.Kept(this, this.numbers(how, given)[0]);
  }
}

function bytesOf(argument) {
  if (typeof argument === "string") return encoder.encode(argument);
  return new Uint8Array(argument.buffer, argument.byteOffset, argument.byteLength);
}

// A list as the module reads it: the lengths of what is in it, and all of it end to end.
export function list(parts) {
  const bytes = parts.map(bytesOf);
  return [Uint32Array.from(bytes, (part) => part.length), join(bytes)];
}

export function join(parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
