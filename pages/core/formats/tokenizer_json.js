// Hugging Face's tokenizer.json as a file of minitok's: python/minitok/formats/huggingface/read.py for byte-level BPE and for BPE
// of characters with byte fallback. What is rarer is declined by name.

import { BYTE_CHARS } from "../../static/bytes.js";
import { BYTES, utf8 } from "./bytes.js";
import { checkPortable, flat, literal } from "./patterns.js";
import { elsewhere, isId, isObject, shown, WrongFile } from "./wrong.js";

const FLAGS = ["lstrip", "rstrip", "single_word"];
const HIDES = "hides";
const MARK = "\u2581";
const BYTE_NAMES = BYTES.map((_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
// Metaspace with `split`: a piece is a space and what follows it.
const SPLIT = "\\x20[^\\x20]*|[^\\x20]+";
const FORMS = ["NFC", "NFD", "NFKC", "NFKD"];
const DECODERS = { bytes: ["ByteLevel", "BPEDecoder", "ByteFallback", "Fuse"], characters: ["Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"] };
const POST_PROCESSORS = ["BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"];
const NEVER_IN_UTF8 = (byte) => byte === 0xc0 || byte === 0xc1 || byte >= 0xf5;

export const BYTE_OF = new Map(BYTE_CHARS.map((char, byte) => [char, BYTES[byte]]));

export function readTokenizerJson(content, patterns) {
  const model = checked(content.model);
  for (const { type } of flat(content.post_processor, "processors")) {
    if (!POST_PROCESSORS.includes(type)) throw new WrongFile(`the post_processor is ${type}`);
  }
  const added = readAdded(content.added_tokens ?? []);
  const [rows, vocab] = [readMerges(model.merges), new Map(Object.entries(model.vocab))];
  const wrong = [...vocab].find(([, id]) => !isId(id));
  if (wrong) throw new WrongFile(`the id of the token ${shown(wrong[0])} is not a whole number that can be one`);
  const special = givenIds(added.ids, vocab);
  const byBytes = isByteLevel(content);
  const held = new Set(rows.flatMap(([left, right]) => [left, right, left + right]));
  for (const name of inText(added, byBytes, Boolean(model.ignore_merges))) held.add(name);
  const ids = new Map([...vocab].filter(([token, id]) => special.get(token) !== id || held.has(token)));
  if (!byBytes && !(model.byte_fallback && BYTE_NAMES.some((name) => vocab.has(name)))) throw elsewhere("BPE of characters without byte fallback");
  const read = byBytes ? ofBytes(content, model, ids, rows, patterns) : ofCharacters(content, model, ids, rows, patterns);
  return withHiding({ ...read, ...fieldsOf(added, special) });
}

function checked(model) {
  if (!isObject(model)) throw new WrongFile("no 'model'");
  const type = model.type ?? (model.merges ? "BPE" : "unknown");
  if (type !== "BPE") throw new WrongFile(`the model is ${shown(type)}; minitok reads BPE`);
  if (model.dropout) throw new WrongFile(`the model has dropout, ${shown(model.dropout)}: its ids are random`);
  if (!isObject(model.vocab)) throw new WrongFile("the model has no 'vocab'");
  if (!Array.isArray(model.merges)) throw new WrongFile("the model has no 'merges'");
  return model;
}

function readMerges(rows) {
  return rows.map((row, rank) => {
    const sides = typeof row === "string" ? row.split(" ") : row;
    if (!Array.isArray(sides) || sides.length !== 2 || !sides.every((side) => typeof side === "string")) throw new WrongFile(`merge ${rank} is not two tokens: ${shown(row)}`);
    return sides;
  });
}

function isByteLevel({ pre_tokenizer: step, decoder }) {
  const parts = [step, decoder].filter(isObject).flatMap((part) => [part, ...(Array.isArray(part.pretokenizers) ? part.pretokenizers : [])]);
  return parts.some((part) => isObject(part) && part.type === "ByteLevel");
}

function checkDecoder(decoder, known) {
  for (const step of flat(decoder, "decoders")) {
    const isMarks = step.type === "Replace" && step.pattern?.String === MARK && step.content === " ";
    const isStrip = step.type === "Strip" && step.content === " " && step.start === 1 && step.stop === 0;
    const isKnown = known.includes(step.type) && (step.type !== "Replace" || isMarks) && (step.type !== "Strip" || isStrip);
    if (!isKnown) throw new WrongFile(`the decoder has a step ${step.type} that minitok does not support`);
  }
}

// -- added tokens ----------------------------------------------------------------------------------------------------

function readAdded(tokens) {
  if (!Array.isArray(tokens)) throw new WrongFile("the added_tokens are not a list");
  const [ids, special, late, flags] = [new Map(), new Set(), new Set(), new Map()];
  for (const token of tokens) {
    if (!isObject(token) || typeof token.content !== "string") throw new WrongFile(`an added token has no content: ${shown(token)}`);
    const { content: name, id } = token;
    if (!isId(id)) throw new WrongFile(`the id of the added token ${shown(name)} is not a whole number that can be one`);
    const own = FLAGS.filter((flag) => token[flag]);
    if (own.length) flags.set(name, own);
    if ((ids.get(name) ?? id) !== id) throw new WrongFile(`the added token ${shown(name)} has two ids`);
    ids.set(name, id);
    if (token.special) special.add(name);
    if (token.normalized ?? !token.special) late.add(name);
  }
  return { ids, special, late, flags };
}

// The ids that `tokenizers` gives: those of the model, and then from its size on in the order of the file.
function givenIds(ids, vocab) {
  let free = vocab.size - 1;
  return new Map([...ids.keys()].map((name) => [name, vocab.get(name) ?? (free += 1)]));
}

// The added tokens that text may have without a merge, where they are not found in it.
function inText({ ids, flags }, byBytes, wholePieces) {
  return [...ids.keys()].filter((name) =>
    ([...name].length === 1 || (wholePieces && flags.get(name)?.includes("single_word")))
    && (byBytes ? [...name].every((char) => BYTE_OF.has(char)) : name !== " "));
}

function fieldsOf({ special, late, flags }, ids) {
  const those = (wanted) => Object.fromEntries([...ids].filter(([name]) => special.has(name) === wanted));
  return { special_tokens: those(true), added_tokens: those(false), late_tokens: [...late], token_flags: Object.fromEntries(flags) };
}

// Special tokens in whose text `tokenizers` finds no added token, although it splits special tokens, hide it.
function withHiding(content) {
  const [special, added] = [Object.keys(content.special_tokens), Object.keys(content.added_tokens)];
  if (!special.length || !added.length) return content;
  const late = new Set(content.late_tokens);
  if (late.size && (content.normalizer || content.prefix)) {
    const both = [...special, ...added].filter((name) => late.has(name));
    const plain = both.every((name) => /^[<>|/!-~\s]*$/.test(name) && !content.prefix);
    if (!plain && special.some((name) => late.has(name))) throw elsewhere("special tokens that are found in normalized text");
  }
  const flags = new Map(Object.entries(content.token_flags));
  for (const name of special) {
    const others = added.filter((one) => late.has(one) === late.has(name));
    const begins = (part) => others.some((one) => one.length > part.length && one.startsWith(part));
    const hides = others.some((one) => name.includes(one)) || [...name].some((_, at) => at > 0 && begins(name.slice(at)));
    if (hides) flags.set(name, [...(flags.get(name) ?? []), HIDES]);
  }
  return { ...content, token_flags: Object.fromEntries(flags) };
}

// -- tokens ----------------------------------------------------------------------------------------------------------

function ofBytes(content, model, ids, rows, patterns) {
  checkDecoder(content.decoder, DECODERS.bytes);
  const cuts = { ...patterns.ofBytes(content.pre_tokenizer), normalizer: stepsOf(content.normalizer) };
  if (model.continuing_subword_prefix) throw new WrongFile(`it is BPE of bytes with a continuing_subword_prefix, ${shown(model.continuing_subword_prefix)}`);
  const end = model.end_of_word_suffix;
  if (end) {
    if (model.ignore_merges) throw new WrongFile(`it has the end_of_word_suffix ${shown(end)} with ignore_merges`);
    return { ...withWordEnds(ids, rows, end), word_end: end, ...cuts };
  }
  const tokens = new Map([...ids].map(([token, id]) => [bytesOf(token), id]));
  const lacks = lacksBytes(tokens);
  if (lacks && model.unk_token) throw elsewhere("a vocabulary that lacks bytes and has an unknown token");
  return { ...vocabulary(tokens, pairsOf(rows, ids), Boolean(model.ignore_merges)), drops_bytes: lacks, ...cuts };
}

export const lacksBytes = (tokens) => BYTES.some((byte, value) => !tokens.has(byte) && !NEVER_IN_UTF8(value));

function bytesOf(token) {
  let bytes = "";
  for (const char of token) {
    const byte = BYTE_OF.get(char);
    if (byte === undefined) throw new WrongFile(`the token ${shown(token)} is not of bytes: ${shown(char)} stands for none`);
    bytes += byte;
  }
  return bytes;
}

// Tokens that end a word, with a space in place of the suffix: first the last character of a word and the space merge.
function withWordEnds(ids, rows, end) {
  const tokens = new Map();
  for (const [token, id] of ids) if (!token.endsWith(end)) tokens.set(bytesOf(token), id);
  for (const [token, id] of ids) if (token.endsWith(end)) tokens.set(`${bytesOf(token.slice(0, -end.length))} `, id);
  if (tokens.size < ids.size) throw new WrongFile(`a token ends in a space, which stands for the end_of_word_suffix ${shown(end)}`);
  const missing = BYTES.find((byte) => !tokens.has(byte) || !tokens.has(`${byte} `));
  if (missing !== undefined) throw new WrongFile(`it has an end_of_word_suffix, but not every byte as a token with it and without`);
  const firsts = BYTES.map((byte) => [tokens.get(byte), tokens.get(" ")]);
  return vocabulary(tokens, [...firsts, ...pairsOf(rows, ids)], false);
}

function ofCharacters(content, model, ids, rows, patterns) {
  for (const name of ["ignore_merges", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[name]) throw new WrongFile(`it is BPE of characters with byte_fallback and ${name}`);
  }
  const missing = BYTE_NAMES.find((name) => !ids.has(name));
  if (missing) throw new WrongFile(`it has byte_fallback, but no token '${missing}'`);
  const fallback = BYTE_NAMES.map((name) => ids.get(name));
  const own = new Set(BYTE_NAMES);
  const chars = new Map([...ids].filter(([token]) => !own.has(token)));
  const tokens = new Map();
  for (const [token, id] of chars) {
    const bytes = utf8(token.replaceAll(MARK, " "));
    if (tokens.has(bytes)) throw new WrongFile(`the tokens ${tokens.get(bytes)} and ${id} are the same, if markers are spaces`);
    tokens.set(bytes, id);
  }
  const read = vocabulary(tokens, pairsOf(rows, chars), false);
  fallback.forEach((id, byte) => read.tokens.push([id, btoa(BYTES[byte])]));
  return { ...read, fallback, ...spaces(content, patterns) };
}

// How spaces are markers: by a normalizer, or by Metaspace.
function spaces(content, patterns) {
  const steps = stepsOf(content.normalizer) ?? [];
  const cutters = flat(content.pre_tokenizer);
  const is = (step, ...wanted) => JSON.stringify(step) === JSON.stringify(wanted);
  const isMarks = (step) => is(step, "replace", " ", MARK);
  const isPrepend = (step) => is(step, "prepend", MARK);
  const cuts = [];
  let [kept, prefix] = [steps, null];
  if (steps.some(isMarks)) {
    kept = steps.filter((step) => !isMarks(step) && !isPrepend(step));
    const marks = steps.slice(kept.length);
    const isLast = marks.every((step) => isMarks(step) || isPrepend(step)) && marks.filter(isMarks).length === 1 && marks.length <= 2;
    if (!isLast) throw new WrongFile("it is BPE of characters with normalizing steps after those that write markers");
    prefix = steps.some(isPrepend) ? "segment" : "never";
  } else if (cutters[0]?.type === "Metaspace") {
    const step = cutters.shift();
    if (step.replacement !== MARK) throw new WrongFile(`the pre_tokenizer Metaspace has the replacement ${shown(step.replacement)}`);
    prefix = step.prepend_scheme ?? ((step.add_prefix_space ?? true) ? "always" : "never");
    if (!["always", "first", "never"].includes(prefix)) throw new WrongFile(`the pre_tokenizer Metaspace has the prepend_scheme ${shown(prefix)}`);
    if (steps.some((one) => one[0] === "replace")) throw elsewhere("Metaspace behind a normalizer that replaces text");
    const late = (content.added_tokens ?? []).filter((token) => token.normalized ?? !token.special);
    const isOdd = prefix === "never" && late.some((token) => token.content.includes(MARK) || token.lstrip || token.rstrip);
    if (isOdd) throw new WrongFile("an added token that is normalized has a marker or takes spaces, and Metaspace comes after it");
    if (step.split ?? true) cuts.push(SPLIT);
  } else {
    throw new WrongFile("it is BPE of characters without Replace of spaces by markers, and without Metaspace first");
  }
  const atSpaces = (step) => step.type === "Split" && step.pattern?.String === " " && !(step.behavior === "Removed" && step.invert);
  const other = cutters.find((step) => !atSpaces(step));
  if (other) throw elsewhere(`a pre_tokenizer ${other.type} behind markers`);
  checkDecoder(content.decoder, DECODERS.characters);
  return { pattern: cuts.join(patterns.then) || "none", prefix, normalizer: kept.length ? kept : null };
}

export function pairsOf(rows, ids) {
  return rows.map((row, rank) => row.map((side) => {
    if (!ids.has(side)) throw new WrongFile(`merge ${rank} uses the token ${shown(side)}, which is not in the vocabulary`);
    return ids.get(side);
  }));
}

// Tokens by their bytes, and pairs of ids in rank order.
export function vocabulary(tokens, pairs, wholePieces) {
  const byId = new Map();
  for (const [token, id] of tokens) {
    if (byId.has(id)) throw new WrongFile(`id ${id} stands for two tokens`);
    byId.set(id, token);
  }
  const merges = pairs.map(([left, right], rank) => {
    const joined = tokens.get(byId.get(left) + byId.get(right));
    if (joined === undefined) throw new WrongFile(`merge ${rank} joins ${left} and ${right} to what is not a token`);
    return [left, right, joined, rank];
  });
  return { tokens: [...byId].map(([id, token]) => [id, btoa(token)]), merges, whole_pieces: wholePieces };
}

// -- normalizers -----------------------------------------------------------------------------------------------------

function stepsOf(normalizer) {
  const steps = flat(normalizer, "normalizers").flatMap(stepOf);
  return steps.length ? steps : null;
}

function stepOf(step) {
  if (FORMS.includes(step.type)) return [step.type];
  if (step.type === "Lowercase") return ["lowercase"];
  if (step.type === "Prepend" && typeof step.prepend === "string") return step.prepend ? [["prepend", step.prepend]] : [];
  if (step.type === "Strip") {
    return [...((step.strip_left ?? true) ? [["replace", "\\A\\s+", ""]] : []), ...((step.strip_right ?? true) ? [["replace", "\\s+\\z", ""]] : [])];
  }
  if (step.type === "Precompiled" && !step.precompiled_charsmap) return [];
  if (step.type !== "Replace" || !isObject(step.pattern) || typeof step.content !== "string") throw elsewhere(`the normalizer ${step.type}`);
  if (step.pattern.String) return [["replace", literal(step.pattern.String), step.content]];
  if (typeof step.pattern.Regex !== "string") throw new WrongFile("the normalizer Replace has no pattern");
  checkPortable(step.pattern.Regex, "the normalizer Replace");
  return [["replace", step.pattern.Regex, step.content]];
}
