// The bytes at an address, or the module: of a file where there is a file system, else fetched.

import { FileFormatError } from "./errors.js";

// Asked for by name at run time, so that bundlers for the browser do not look for it.
const system = () => globalThis.process?.getBuiltinModule?.("node:fs/promises");

// Addresses of this package's own files, and what a caller of `load` gives: in Node, a string without a scheme is a path.
export async function bytesAt(address) {
  const path = pathOf(address);
  return path === null ? new Uint8Array(await (await fetched(address)).arrayBuffer()) : fileAt(path);
}

async function fileAt(path) {
  try {
    return await system().readFile(path);
  } catch (error) {
    if (error.code !== "EISDIR") throw error;
    throw new FileFormatError(`${path}: a folder; load the file in it, such as tokenizer.json, tekken.json, tokenizer.model or *.tiktoken`);
  }
}

// What is fetched is compiled while it comes, if the server says that it is a module.
export async function moduleAt(address) {
  if (pathOf(address) !== null) return WebAssembly.compile(await bytesAt(address));
  const answered = await fetched(address);
  if (answered.headers.get("Content-Type") === "application/wasm") return WebAssembly.compileStreaming(answered);
  return WebAssembly.compile(await answered.arrayBuffer());
}

function pathOf(address) {
  const isAddress = address instanceof URL || /^[a-z][a-z\d+.-]+:/i.test(address);
  if (!system() || (isAddress && !String(address).startsWith("file:"))) return null;
  return isAddress ? new URL(address) : address;
}

async function fetched(address) {
  const answered = await fetch(address);
  if (!answered.ok) throw new Error(`${address}: ${answered.status} ${answered.statusText}`);
  return answered;
}
