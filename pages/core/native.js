// minitok's own files (SPEC F1), written as python/minitok/formats/native.py writes them, to the byte, so that a tokenizer trained here
// has the same name in a link everywhere. The core reads them.

import { sha256 } from "./sha256.js";

// A tokenizer of the reader's own goes by its content.
export const nameOf = (file) => `own-${sha256(new TextEncoder().encode(file)).slice(0, 16)}`;

// The file of a tokenizer that was trained here.
export function dump({ name, pattern, special_tokens: special, trained, merges }) {
  const head = { format: "minitok", version: 1, name, pattern, special_tokens: special, trained, byte_order: "identity" };
  const fields = Object.entries(head).map(([key, value]) => `"${key}": ${json(value)}`);
  return `{\n${fields.join(",\n")},\n"merges": [\n${merges.map(json).join(",\n")}\n]\n}\n`;
}

// JSON as Python writes it: with a space after each comma and colon.
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${json(one)}`).join(", ")}}`;
}
