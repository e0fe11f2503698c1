// minitok's own files (SPEC F1): read, and written as python/minitok/formats/native.py writes them, to the byte, so that a
// tokenizer trained here has the same name in a link everywhere.

import { sha256 } from "./sha256.js";

const IDENTITY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const isPrintable = (byte) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
const ORDERS = {
  identity: IDENTITY,
  gpt2: Uint8Array.from([...IDENTITY.filter(isPrintable), ...IDENTITY.filter((byte) => !isPrintable(byte))]),
};
const MOST = 2 ** 31 - 1;
// What such a file may hold for this page; anything else changes ids in a way that only the library knows.
const FIELDS = new Set(["format", "version", "name", "pattern", "special_tokens", "trained", "byte_order", "whole_pieces", "tokens", "merges"]);

// A file that cannot be read here, and why.
export class WrongFile extends Error {}

// A tokenizer of the reader's own goes by its content.
export const nameOf = (file) => `own-${sha256(new TextEncoder().encode(file)).slice(0, 16)}`;

// Open the tokenizer of a file.
export function open(core, file) {
  const content = parsed(file);
  if (content?.format !== "minitok") throw new WrongFile(foreign(content));
  if (content.version !== 1) throw new WrongFile(`version ${content.version} of the format; version 1 can be read`);
  const odd = Object.keys(content).find((field) => !FIELDS.has(field));
  if (odd) throw new WrongFile(`a tokenizer with '${odd}' is opened by minitok play only`);
  const { pattern, special_tokens: special, name, trained } = content;
  if (typeof pattern !== "string") throw new WrongFile("no 'pattern'");
  if (!isObject(special) || !Object.values(special).every(isId)) throw new WrongFile("no 'special_tokens' with ids");
  const described = { pattern, special_tokens: special, title: name ?? null, trained: trained ?? null };
  if (!Array.isArray(content.merges)) throw new WrongFile("no 'merges'");
  if (content.tokens) return openTokens(core, content, described);
  const order = ORDERS[content.byte_order] ?? Uint8Array.from(content.byte_order ?? []);
  return core.openMerges(order, rows(content.merges, 2), { ...described, order, merges: content.merges });
}

function parsed(file) {
  try {
    return JSON.parse(file);
  } catch (error) {
    throw new WrongFile(`not JSON: ${error.message}`);
  }
}

function foreign(content) {
  return isObject(content) && content.model
    ? "a tokenizer.json of Hugging Face is opened by minitok play only; minitok convert makes one of minitok's files of it"
    : 'not a minitok file: it has no "format": "minitok"';
}

function openTokens(core, content, described) {
  const tokens = content.tokens.map((row) => {
    if (!Array.isArray(row) || !isId(row[0])) throw new WrongFile("a token is not an id and its bytes in base64");
    try {
      return [row[0], Uint8Array.from(atob(row[1]), (char) => char.charCodeAt(0))];
    } catch {
      throw new WrongFile(`the bytes of token ${row[0]} are not base64`);
    }
  });
  return core.openTokens(tokens, rows(content.merges, 4), content.whole_pieces, { ...described, merges: content.merges });
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isId = (value) => Number.isInteger(value) && value >= 0 && value <= MOST;

// Rows of numbers that can be ids.
function rows(found, length) {
  const wrong = found.findIndex((row) => !(Array.isArray(row) && row.length === length && row.every(isId)));
  if (wrong >= 0) throw new WrongFile(`merge ${wrong} is not ${length} numbers from 0 to ${MOST}`);
  return found;
}

// The file of a tokenizer that was trained here.
export function dump({ name, pattern, special_tokens: special, trained, merges }) {
  const head = { format: "minitok", version: 1, name, pattern, special_tokens: special, trained, byte_order: "identity" };
  const fields = Object.entries(head).map(([key, value]) => `"${key}": ${json(value)}`);
  return `{\n${fields.join(",\n")},\n"merges": [\n${merges.map(json).join(",\n")}\n]\n}\n`;
}

// JSON as Python writes it: with a space after each comma and colon.
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${json(one)}`).join(", ")}}`;
}
