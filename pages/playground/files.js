// What files are that a reader opens together: tokenizers, of which some take two files (GPT-2's pair), or the head of a large one.

import { BYTE_CHARS } from "./bytes.js";
import { headOf, Malformed } from "./gguf.js";
import { Refused } from "./refused.js";

// How much of a file is looked at to say what it is.
const LOOK = 4096;
// A JSON object whose first value is a whole number: tokens and their ids.
const IS_VOCAB = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\d+\s*[,}]/s;
const MOST_ID = 2 ** 31 - 1;

const wrong = (name, why) => new Refused(`${name}: ${why}`, 400, "FileFormatError");

// The tokenizers in some files, each as one file that can be read: at most `most` bytes of a head are looked at.
export async function tokenizersIn(files, most) {
  const looked = await Promise.all(files.map(async (file) => ({ file, start: await beginning(file) })));
  const vocab = looked.find(({ start }) => IS_VOCAB.test(start));
  const merges = looked.find(({ start }) => start.startsWith("#version")) ?? (vocab && looked.find(({ start }) => !/^\s*[{[]/.test(start)));
  const rest = looked.filter((one) => one !== vocab && one !== merges).map(({ file }) => headIn(file, most));
  if (!vocab && !merges) return Promise.all(rest);
  if (!vocab || !merges) {
    throw wrong((vocab ?? merges).file.name, "one of GPT-2's two files: open vocab.json and merges.txt together");
  }
  return [await joined(vocab.file, merges.file), ...await Promise.all(rest)];
}

const beginning = async (file) => new TextDecoder().decode(await file.slice(0, LOOK).arrayBuffer());

async function headIn(file, most) {
  try {
    const head = await headOf(file, most);
    return head === file ? file : new File([head], file.name);
  } catch (error) {
    if (error instanceof Malformed) throw wrong(file.name, error.message);
    throw error;
  }
}

// GPT-2's pair as a tokenizer.json, which says the same (python/minitok/formats/gpt2.py).
export async function joined(vocabFile, mergesFile) {
  const vocab = vocabOf(await decoded(vocabFile), vocabFile.name);
  const merges = mergesOf(await decoded(mergesFile), vocab, mergesFile.name, vocabFile.name);
  const made = new Set(merges.map((pair) => pair.join("")));
  const special = [...vocab].filter(([token]) => token.length > 2 && /^<.*>$/s.test(token) && !made.has(token));
  const marked = new Set(special.map(([token]) => token));
  for (const [token] of vocab) {
    const odd = marked.has(token) ? undefined : [...token].find((char) => !BYTE_CHARS.includes(char));
    if (odd !== undefined) throw wrong(vocabFile.name, `the token '${token}' is not in byte-level notation: '${odd}' stands for no byte`);
  }
  // Bytes that are in no UTF-8 may be absent.
  const missing = BYTE_CHARS.findIndex((char, byte) => !vocab.has(char) && !(byte === 0xc0 || byte === 0xc1 || byte >= 0xf5));
  if (missing >= 0) throw wrong(vocabFile.name, `the byte 0x${missing.toString(16).padStart(2, "0")} has no token`);
  const content = {
    added_tokens: special.map(([content_, id]) => ({ id, content: content_, special: true, normalized: false })),
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab: Object.fromEntries(vocab), merges },
  };
  return new File([JSON.stringify(content)], vocabFile.name);
}

async function decoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrong(file.name, "not UTF-8");
  }
}

function vocabOf(text, name) {
  let content;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw wrong(name, `not JSON: ${error.message}`);
  }
  const [vocab, names] = [new Map(), new Map()];
  for (const [token, id] of Object.entries(content)) {
    if (!Number.isInteger(id) || id < 0 || id > MOST_ID) {
      throw wrong(name, `the id of '${token}' is not a whole number from 0 to ${MOST_ID}: ${JSON.stringify(id).slice(0, 60)}`);
    }
    if (names.has(id)) throw wrong(name, `id ${id} stands for '${names.get(id)}' and for '${token}'`);
    names.set(id, token);
    vocab.set(token, id);
  }
  return vocab;
}

// The pairs, in rank order. Only the first line may say which version it is; any other that begins with # is a merge.
function mergesOf(text, vocab, name, vocabName) {
  const [merges, lines] = [[], new Map()];
  text.split("\n").forEach((whole, index) => {
    const line = whole.replace(/\r+$/, "");
    const refuse = (why) => wrong(name, `line ${index + 1}: ${why}`);
    if (index === 0 && line.startsWith("#version")) {
      if (line.includes(" pattern: ")) throw refuse("the split pattern is not GPT-2's: save the tokenizer as one file of JSON, and open that");
      return;
    }
    if (line === "") return;
    const pair = line.split(" ");
    if (pair.length !== 2 || pair.includes("")) throw refuse(`not two tokens with a space between them: '${line.slice(0, 80)}'`);
    if (lines.has(line)) throw refuse(`the merge '${line.slice(0, 80)}' is already on line ${lines.get(line)}`);
    for (const token of [...pair, pair.join("")]) if (!vocab.has(token)) throw refuse(`the token '${token}' is not in ${vocabName}`);
    lines.set(line, index + 1);
    merges.push(pair);
  });
  return merges;
}
