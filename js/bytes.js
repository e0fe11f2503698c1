// The bytes at an address: of a file where there is a file system, else fetched.

// Asked for by name at run time, so that bundlers for the browser do not look for it.
const files = () => globalThis.process?.getBuiltinModule?.("node:fs/promises");

// Addresses of this package's own files, and what a caller of `load` gives: in Node, a string without a scheme is a path.
export async function bytesAt(address) {
  const isAddress = address instanceof URL || /^[a-z][a-z\d+.-]+:/i.test(address);
  const system = files();
  if (system && (!isAddress || String(address).startsWith("file:"))) {
    return new Uint8Array(await system.readFile(isAddress ? new URL(address) : address));
  }
  const answered = await fetch(address);
  if (!answered.ok) throw new Error(`${address}: ${answered.status} ${answered.statusText}`);
  return new Uint8Array(await answered.arrayBuffer());
}
