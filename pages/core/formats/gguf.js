// GGUF's tokenizers, as python/minitok/formats/gguf.py reads them: SentencePiece's BPE by scores, and byte-level BPE by merges and
// the name of a split pattern, which encodings.json spells out.

import { readValues } from "../../static/gguf.js";
import { binary, BYTES } from "./bytes.js";
import { mergesOf } from "./sentencepiece.js";
import { BYTE_OF, lacksBytes, pairsOf, vocabulary } from "./tokenizer_json.js";
import { shown, WrongFile } from "./wrong.js";

const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED, , BYTE] = [1, 2, 3, 4, 5, 6];
const GGML = "tokenizer.ggml.";
const [NAME, TEMPLATE] = ["general.name", "tokenizer.chat_template"];
const NAMED = ["bos_token", "eos_token"];
const FIELDS = ["model", "pre", "tokens", "scores", "token_type", "merges", "add_space_prefix", "precompiled_charsmap"];
const WANTED = [...[...FIELDS, ...NAMED.map((name) => `${name}_id`)].map((name) => GGML + name), NAME, TEMPLATE];
const MARK = "\xe2\x96\x81";
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });

// `known` is what encodings.json says of these files: patterns by name, and under which names pieces that are tokens are not merged.
export function readGguf(data, known) {
  const { values } = readValues(data, WANTED);
  const model = textOf(values, "model");
  const read = { llama: readScores, gpt2: readMerges }[model];
  if (!read) throw new WrongFile(`its tokenizer is of the kind ${shown(model)}; minitok reads llama and gpt2`);
  const chat = chatOf(values);
  return { ...read(values, known), ...(chat ? { chat } : {}) };
}

function readScores(values) {
  if (values.get(`${GGML}precompiled_charsmap`)?.value?.length) {
    throw new WrongFile("the tokenizer replaces characters (precompiled_charsmap), which minitok does not support");
  }
  const { tokens, kinds } = tokensOf(values);
  const scores = items(values, "scores", "float", tokens.length);
  const odd = scores.findIndex(Number.isNaN);
  if (odd >= 0) throw new WrongFile(`the score of token ${odd} is not a number`);
  const [scored, ids, byName] = [[], new Map(), new Map()];
  tokens.forEach((token, id) => {
    const bytes = binary(token);
    if (kinds[id] === BYTE) byName.set(bytes, id);
    if (kinds[id] !== NORMAL) return;
    const plain = bytes.replaceAll(MARK, " ");
    if (ids.has(plain)) throw new WrongFile(`the piece ${id} has the ids ${ids.get(plain)} and ${id}`);
    ids.set(plain, id);
    scored.push([plain, scores[id]]);
  });
  const fallback = BYTES.map((_, byte) => byName.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`));
  const missing = fallback.indexOf(undefined);
  if (missing >= 0) throw new WrongFile(`the byte 0x${missing.toString(16).padStart(2, "0")} has no token`);
  const listed = [...[...ids].map(([token, id]) => [id, btoa(token)]), ...fallback.map((id, byte) => [id, btoa(BYTES[byte])])];
  const hasPrefix = values.get(`${GGML}add_space_prefix`)?.value ?? 1;
  return {
    tokens: listed, merges: mergesOf(scored, ids), whole_pieces: false, fallback, pattern: "none",
    prefix: hasPrefix ? "segment" : "never", ...foundOf(values, tokens, kinds),
  };
}

function readMerges(values, known) {
  const pre = textOf(values, "pre");
  if (!Object.hasOwn(known.patterns, pre)) throw new WrongFile(`the split pattern has the name ${shown(pre)}, which minitok does not know`);
  if (values.get(`${GGML}add_space_prefix`)?.value) {
    throw new WrongFile("it puts a space before the text (add_space_prefix), which minitok does not support with bytes");
  }
  const { tokens, kinds } = tokensOf(values);
  const [ids, byBytes] = [new Map(), new Map()];
  tokens.forEach((token, id) => {
    if (kinds[id] !== NORMAL) return;
    const text = asText(token, id);
    if (ids.has(text)) throw new WrongFile(`the token ${id}, ${shown(text)}, appears twice`);
    ids.set(text, id);
    // What is not written as bytes are, no text has.
    const bytes = [...text].map((char) => BYTE_OF.get(char));
    if (!bytes.includes(undefined)) byBytes.set(bytes.join(""), id);
  });
  const rows = items(values, "merges", "bytes").map((row, rank) => {
    const sides = loose.decode(row).split(" ");
    if (sides.length !== 2) throw new WrongFile(`merge ${rank} is not two tokens: ${shown(loose.decode(row))}`);
    if (!ids.has(sides.join(""))) throw new WrongFile(`merge ${rank} uses the token ${shown(sides.join(""))}, which is not in the vocabulary`);
    return sides;
  });
  const read = vocabulary(byBytes, pairsOf(rows, ids), known.whole_pieces.includes(pre));
  return { ...read, drops_bytes: lacksBytes(byBytes), pattern: known.patterns[pre], ...foundOf(values, tokens, kinds) };
}

function tokensOf(values) {
  const tokens = items(values, "tokens", "bytes");
  const kinds = items(values, "token_type", "int", tokens.length);
  const odd = kinds.findIndex((kind) => !(kind >= NORMAL && kind <= BYTE));
  if (odd >= 0) throw new WrongFile(`the token ${odd} has the unknown type ${kinds[odd]}`);
  return { tokens, kinds };
}

// The tokens that are found in text, of equal names the first; and the white space that they take, which llama.cpp knows by the name
// of the model or of its pattern.
function foundOf(values, tokens, kinds) {
  const [special, added] = [new Map(), new Map()];
  tokens.forEach((token, id) => {
    if (![UNKNOWN, CONTROL, USER_DEFINED].includes(kinds[id])) return;
    const name = asText(token, id);
    if (!special.has(name) && !added.has(name)) (kinds[id] === USER_DEFINED ? added : special).set(name, id);
  });
  const named = (key) => (values.get(key)?.kind === "bytes" ? loose.decode(values.get(key).value) : "");
  const flags = flagsOf(named(NAME).toLowerCase(), named(`${GGML}pre`), [...special.keys(), ...added.keys()]);
  return { special_tokens: Object.fromEntries(special), added_tokens: Object.fromEntries(added), token_flags: flags };
}

function flagsOf(model, pre, names) {
  const flagged = (flag, isMeant) => Object.fromEntries(names.filter(isMeant).map((name) => [name, [flag]]));
  if (["jina-v2-de", "jina-v2-es", "jina-v2-code"].some((part) => pre.includes(part))) return flagged("lstrip", (name) => name === "<mask>");
  if (/phi-?3/.test(model)) return flagged("rstrip", (name) => !["<unk>", "<s>", "<|endoftext|>"].includes(name));
  if (model.includes("modern-bert")) return flagged("lstrip", (name) => name === "[MASK]");
  return {};
}

// The chat template, and what it knows by names.
function chatOf(values) {
  const source = values.get(TEMPLATE);
  if (source?.kind !== "bytes") return null;
  const { tokens } = tokensOf(values);
  const named = NAMED.map((name) => [name, values.get(`${GGML}${name}_id`)])
    .filter(([, found]) => found?.kind === "int" && found.value >= 0 && found.value < tokens.length)
    .map(([name, { value }]) => [name, loose.decode(tokens[value])]);
  return { templates: { default: decoded(source.value, `${TEMPLATE} is not UTF-8`) }, tokens: Object.fromEntries(named) };
}

const asText = (token, id) => decoded(token, `the token ${id}, ${shown(loose.decode(token))}, is not UTF-8`);

function decoded(bytes, wrong) {
  try {
    return strict.decode(bytes);
  } catch {
    throw new WrongFile(wrong);
  }
}

// A list that must be there, of that kind and length.
function items(values, name, kind, count = null) {
  const found = values.get(GGML + name);
  const isThat = found?.kind === "list" && (found.of === kind || !found.value.length);
  if (!isThat) throw new WrongFile(`the file has no tokenizer, or ${GGML}${name} is not a list of ${kind}`);
  if (count !== null && found.value.length !== count) {
    const [n, wanted] = [found.value.length, count].map((value) => value.toLocaleString("en"));
    throw new WrongFile(`${GGML}${name} has ${n} items for ${wanted} tokens`);
  }
  return found.value;
}

function textOf(values, name) {
  const found = values.get(GGML + name);
  if (found?.kind !== "bytes") throw new WrongFile(`the file has no ${GGML}${name}`);
  return loose.decode(found.value);
}
