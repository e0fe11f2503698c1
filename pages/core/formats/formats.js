// A tokenizer's file of any format as the text of one of minitok's own. The content decides, not the name.
//
// 1. wrong.js, bytes.js: why a file is refused; bytes as text
// 2. patterns.js: split patterns by name
// 3. ranks.js: tiktoken's rank files, tekken.json
// 4. tokenizer_json.js: Hugging Face's
// 5. sentencepiece.js: SentencePiece's
// 6. gguf.js: those of llama.cpp, of which only the head is read

import { isGguf } from "../../static/gguf.js";
import { readGguf } from "./gguf.js";
import { readRanks, readTekken } from "./ranks.js";
import { isModel, readModel } from "./sentencepiece.js";
import { readTokenizerJson } from "./tokenizer_json.js";
import { isId, isObject, shown, WrongFile } from "./wrong.js";

export { WrongFile } from "./wrong.js";

// A rank file, of which the reader has not said how text is cut.
export class PatternNeeded extends WrongFile {}

const MINBPE = "minbpe v1";
const NOT_KNOWN = "not a tokenizer of minitok, Hugging Face, SentencePiece, llama.cpp, minbpe or tiktoken";

// `given`: what the file itself may not say, its name and how text is cut.
export function asOwn(data, given, patterns) {
  if (isGguf(data)) return written(readGguf(data, patterns.gguf), given);
  if (isModel(data)) return written(readModel(data), given);
  const text = decoded(data);
  if (/^[{[]/.test(text)) return ofJson(text, given, patterns);
  if (text.startsWith("minbpe")) return written(readMinbpe(text), given);
  if (text.split("\n", 1)[0].trim().split(/\s+/).length !== 2) throw new WrongFile(NOT_KNOWN);
  if (!given.pattern) throw new PatternNeeded("a tiktoken rank file does not contain its split pattern: choose its pattern");
  return written(readRanks(text, given.pattern), given);
}

function decoded(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data).trimStart();
  } catch {
    throw new WrongFile(NOT_KNOWN);
  }
}

function ofJson(text, given, patterns) {
  let content;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new WrongFile(`not JSON: ${error.message}`);
  }
  if (!isObject(content)) throw new WrongFile('not a minitok file: it has no "format": "minitok"');
  if (content.format === "minitok") return content.name ? text : JSON.stringify({ ...content, name: given.name ?? null });
  if (content.model) return written(readTokenizerJson(content, patterns), given);
  if (content.config && content.vocab) return written(readTekken(content, patterns), given);
  throw new WrongFile('not a minitok file: it has no "format": "minitok"');
}

// minbpe's .model: the pattern, the special tokens, and pairs of ids.
function readMinbpe(text) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  if (lines[0] !== MINBPE) throw new WrongFile(`line 1: not a minbpe model: the first line is not '${MINBPE}'`);
  const numbers = (line, count, at) => {
    const found = (line ?? "").split(" ").map(Number);
    if (found.length !== count || !found.every(isId) || !/^[\d ]+$/.test(line)) throw new WrongFile(`line ${at}: not ${count} numbers: ${shown(line)}`);
    return found;
  };
  const [count] = numbers(lines[2], 1, 3);
  const special = lines.slice(3, 3 + count).map((line, at) => [line.slice(0, line.lastIndexOf(" ")), ...numbers(line.slice(line.lastIndexOf(" ") + 1), 1, 4 + at)]);
  if (new Set(special.map(([name]) => name)).size < count) throw new WrongFile(`line 3: ${count} special tokens announced, ${special.length} found`);
  const merges = lines.slice(3 + count).filter(Boolean).map((line, at) => numbers(line, 2, 4 + count + at));
  return { pattern: lines[1] || "none", special_tokens: Object.fromEntries(special), byte_order: "identity", merges };
}

const written = (content, { name = null }) => JSON.stringify({ format: "minitok", version: 1, name, ...content });
