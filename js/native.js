// minitok's own files (SPEC F1), read.

import { isId, isObject, WrongFile } from "../core/formats/wrong.js";

const IDENTITY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const isPrintable = (byte) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
const ORDERS = {
  identity: IDENTITY,
  gpt2: Uint8Array.from([...IDENTITY.filter(isPrintable), ...IDENTITY.filter((byte) => !isPrintable(byte))]),
};
const MOST = 2 ** 31 - 1;
// The steps of a normalizer that have texts beside their names.
const TEXTS = new Set(["replace", "prepend"]);

// Opens the tokenizer of a file, its text, with an engine.
export function openNative(engine, file) {
  const content = parsed(file);
  if (content?.format !== "minitok") throw new WrongFile('not a minitok file: it has no "format": "minitok"');
  if (content.version !== 1) throw new WrongFile(`version ${content.version} of the format; version 1 can be read`);
  if (typeof content.pattern !== "string") throw new WrongFile("no 'pattern'");
  if (!isTokens(content.special_tokens)) throw new WrongFile("no 'special_tokens' with ids");
  if (!Array.isArray(content.merges)) throw new WrongFile("no 'merges'");
  const { name = null } = content;
  const described = { ...fields(content), name, title: name, trained: content.trained ?? null, chat: chatOf(content.chat) };
  if (content.tokens) return openTokens(engine, content, described);
  const order = ORDERS[content.byte_order] ?? Uint8Array.from(content.byte_order ?? []);
  return engine.openMerges(order, rows(content.merges, 2), { ...described, order, merges: content.merges });
}

// The chat templates of its model; null without any.
function chatOf(chat) {
  if (chat === null || chat === undefined) return null;
  const { templates, tokens = {}, named = [] } = chat;
  const isNamed = (value) => isObject(value) && Object.values(value).every((one) => typeof one === "string");
  if (!isNamed(templates) || !isNamed(tokens) || !isTexts(named)) throw new WrongFile("'chat' has no templates and tokens by name");
  return { templates, tokens, named };
}

// What ids depend on beside the vocabulary.
function fields(content) {
  const late = content.late_tokens ?? [];
  const flags = content.token_flags ?? {};
  const { pattern, special_tokens: special, prefix = null, words = null, word_end: end = null } = content;
  const added = content.added_tokens ?? {};
  if (!isTokens(added)) throw new WrongFile("'added_tokens' are not names with ids");
  const both = Object.keys(special).find((name) => Object.hasOwn(added, name));
  if (both !== undefined) throw new WrongFile(`the token '${both}' is both a special and an added one`);
  if (!isTexts(late)) throw new WrongFile("'late_tokens' is not a list of names");
  if (!isObject(flags) || !Object.values(flags).every(isTexts)) throw new WrongFile("'token_flags' are not names with lists of flags");
  for (const [name, rule] of Object.entries({ prefix, words, word_end: end })) {
    if (rule !== null && typeof rule !== "string") throw new WrongFile(`'${name}' is not a text`);
  }
  const steps = stepsOf(content.normalizer);
  return { pattern, special_tokens: special, added_tokens: added, late_tokens: late, token_flags: flags, steps, prefix, words, word_end: end };
}

// The steps of a normalizer, each a list of its name and its texts: a file has none, one, or a list of several.
function stepsOf(normalizer) {
  if (normalizer === null || normalizer === undefined) return [];
  const isStep = Array.isArray(normalizer) && TEXTS.has(normalizer[0]) && typeof normalizer[1] === "string";
  const steps = (isStep || typeof normalizer === "string" ? [normalizer] : normalizer);
  const listed = Array.isArray(steps) ? steps.map((step) => [step].flat()) : [[]];
  if (!listed.every((step) => step.length && isTexts(step))) throw new WrongFile("'normalizer' is not a step or a list of steps");
  return listed;
}

function parsed(file) {
  try {
    return JSON.parse(file);
  } catch (error) {
    throw new WrongFile(`not JSON: ${error.message}`);
  }
}

function openTokens(engine, content, described) {
  const tokens = content.tokens.map((row) => {
    if (!Array.isArray(row) || !isId(row[0])) throw new WrongFile("a token is not an id and its bytes in base64");
    return [row[0], unpacked(row[1], `the bytes of token ${row[0]}`)];
  });
  const { fallback = null, drops_bytes: drops = false } = content;
  if (fallback !== null && !(Array.isArray(fallback) && fallback.length === 256 && fallback.every(isId))) {
    throw new WrongFile("'fallback' is not 256 ids");
  }
  const begins = { fallback, drops_bytes: drops, symbols: symbolsOf(content.symbols) };
  const kept = { ...described, ...begins, merges: content.merges };
  return engine.openTokens(tokens, rows(content.merges, 4), content.whole_pieces, kept, begins);
}

// What pieces begin as, in a vocabulary that lacks tokens for some text (SPEC S7).
function symbolsOf(symbols) {
  if (symbols === null || symbols === undefined) return null;
  const { unit, unknown = null, fuses, prefix, suffix, joining = null } = symbols;
  if (typeof unit !== "string" || !(unknown === null || isId(unknown))) throw new WrongFile("'symbols' has no unit and no unknown id");
  if (joining !== null && !(isTexts(joining) && joining.length === 2)) throw new WrongFile("'joining' is not a rule and a mark");
  return {
    unit, unknown, fuses, prefix: unpacked(prefix, "the prefix"), suffix: unpacked(suffix, "the suffix"),
    joining: joining && [joining[0], unpacked(joining[1], "the mark")],
  };
}

// Bytes out of base64.
function unpacked(text, what) {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new WrongFile(`${what} are not base64`);
  }
}

const isTexts = (value) => Array.isArray(value) && value.every((one) => typeof one === "string");
const isTokens = (value) => isObject(value) && Object.values(value).every(isId);

// Rows of numbers that can be ids.
function rows(found, length) {
  const wrong = found.findIndex((row) => !(Array.isArray(row) && row.length === length && row.every(isId)));
  if (wrong >= 0) throw new WrongFile(`merge ${wrong} is not ${length} numbers from 0 to ${MOST}`);
  return found;
}
