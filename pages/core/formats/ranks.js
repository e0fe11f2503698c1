// Vocabularies of ranks: tiktoken's files, and Mistral's tekken.json. Merges are recovered as
// python/minitok/reference/published/ranks.py does (SPEC E2): the merge of a token is what merging with the ranks below its own
// leaves of it.

import { BYTES } from "./bytes.js";
import { elsewhere, isId, isObject, shown, WrongFile } from "./wrong.js";

// No byte of these is in UTF-8.
const NEVER_IN_UTF8 = new Set([0xc0, 0xc1, ...Array.from({ length: 11 }, (_, at) => 0xf5 + at)]);
// A token that is longer would take too long.
const LONGEST = 1024;

// The fields of minitok's own format that ranks stand for.
export function ofRanks(ranks) {
  const missing = BYTES.findIndex((byte, value) => !ranks.has(byte) && !NEVER_IN_UTF8.has(value));
  if (missing >= 0) throw new WrongFile(`the byte 0x${missing.toString(16).padStart(2, "0")} has no token`);
  const sorted = [...ranks].sort(([, one], [, other]) => one - other);
  const merges = recovered(sorted, ranks) ?? everySplit(sorted, ranks);
  return { tokens: sorted.map(([token, id]) => [id, btoa(token)]), merges, whole_pieces: true };
}

function recovered(sorted, ranks) {
  const merges = [];
  for (const [token, rank] of sorted) {
    if (token.length < 2) continue;
    if (token.length > LONGEST) throw elsewhere(`a token of ${token.length} bytes`);
    const parts = split(token, ranks, rank);
    if (parts.length !== 2 || !parts.every((part) => ranks.has(part))) return null;
    merges.push([ranks.get(parts[0]), ranks.get(parts[1]), rank, rank]);
  }
  return merges;
}

// A token encoded with the ranks below one.
function split(token, ranks, below) {
  const parts = [...token];
  while (parts.length > 1) {
    let [lowest, at] = [below, -1];
    for (let place = 0; place + 1 < parts.length; place += 1) {
      const rank = ranks.get(parts[place] + parts[place + 1]) ?? below;
      if (rank < lowest) [lowest, at] = [rank, place];
    }
    if (at < 0) break;
    parts.splice(at, 2, parts[at] + parts[at + 1]);
  }
  return parts;
}

function everySplit(sorted, ranks) {
  const merges = [];
  for (const [token, rank] of sorted) {
    for (let cut = 1; cut < token.length; cut += 1) {
      const [left, right] = [ranks.get(token.slice(0, cut)), ranks.get(token.slice(cut))];
      if (left !== undefined && right !== undefined) merges.push([left, right, rank, rank]);
    }
  }
  return merges;
}

// A rank file of tiktoken: its lines are a token in base64 and a rank. Only the reader knows how text is cut.
export function readRanks(text, pattern) {
  const [ranks, lines] = [new Map(), new Map()];
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (!line.trim()) return;
    const wrong = (why) => new WrongFile(`line ${index + 1}: ${why}`);
    const fields = line.trim().split(/\s+/);
    if (fields.length !== 2) throw wrong(`not a token in base64 and a rank: ${shown(line)}`);
    // Whisper writes its empty token as "=".
    const token = fields[0] === "=" ? "" : decoded(fields[0], () => wrong(`${shown(fields[0])} is not base64`));
    const rank = /^\d{1,10}$/.test(fields[1]) ? Number(fields[1]) : -1;
    if (!isId(rank)) throw wrong(`the rank ${shown(fields[1])} is not a whole number from 0 to ${2 ** 31 - 1}`);
    if (ranks.has(token)) throw wrong(`the token ${shown(token)} has a rank already, ${ranks.get(token)}`);
    if (lines.has(rank)) throw wrong(`the rank ${rank} is already on line ${lines.get(rank)}`);
    ranks.set(token, rank);
    lines.set(rank, index + 1);
  });
  if (!ranks.size) throw new WrongFile("no ranks: the file is empty");
  return { pattern, special_tokens: {}, ...ofRanks(ranks) };
}

// Bytes out of base64, which must be whole: a browser would take it without its last signs.
function decoded(text, wrong) {
  try {
    if (text.length % 4) throw wrong();
    return atob(text);
  } catch {
    throw wrong();
  }
}

// The special tokens of the versions of tekken.json that do not name them.
const FIRST_SPECIAL = [
  "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
  "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
  "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
];
const MOST_SPECIAL = 100_000;

export function readTekken({ config, vocab, special_tokens: special }, patterns) {
  const { default_num_special_tokens: nSpecial, default_vocab_size: size, pattern } = isObject(config) ? config : {};
  const whole = isId(nSpecial) && isId(size) && nSpecial < size && nSpecial <= MOST_SPECIAL;
  if (!whole || typeof pattern !== "string" || !Array.isArray(vocab)) {
    throw new WrongFile("not a tekken.json: it has no config with a pattern, default_num_special_tokens below default_vocab_size, and a vocab");
  }
  const ranks = new Map();
  vocab.forEach((row, place) => {
    if (!isObject(row) || !isId(row.rank) || typeof row.token_bytes !== "string") throw new WrongFile(`the token ${place} of the vocab has no rank, or no token_bytes`);
    const token = decoded(row.token_bytes, () => new WrongFile(`the bytes of token ${place} of the vocab are not base64`));
    if (row.rank >= size - nSpecial) return;
    const id = row.rank + nSpecial;
    if ((ranks.get(token) ?? id) !== id) throw new WrongFile(`the token ${place} of the vocab has two ranks`);
    ranks.set(token, id);
  });
  return { pattern: patterns.nameOf(pattern), special_tokens: namesOfSpecial(special, nSpecial), ...ofRanks(ranks) };
}

function namesOfSpecial(special, nSpecial) {
  const named = new Map(special ? [] : FIRST_SPECIAL.slice(0, nSpecial).map((name, id) => [id, name]));
  for (const { rank, token_str: name } of special ?? []) {
    if (!isId(rank) || rank >= nSpecial || typeof name !== "string") throw new WrongFile(`the special token ${shown(name)} has no rank below ${nSpecial}`);
    if (named.has(rank)) throw new WrongFile(`two special tokens have the rank ${rank}`);
    named.set(rank, name);
  }
  const found = Array.from({ length: nSpecial }, (_, id) => [named.get(id) ?? `<SPECIAL_${id}>`, id]);
  if (new Set(found.map(([name]) => name)).size < nSpecial) throw new WrongFile("a special token has two ranks");
  return Object.fromEntries(found);
}
