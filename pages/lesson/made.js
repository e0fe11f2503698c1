// What lessons ask of the core: tokens of a text, what is learnt from one, tokenizers of some merges; and how they are shown.

import { dump } from "../core/native.js";
import { readBytes } from "../static/bytes.js";
import { el, plural } from "../static/dom.js";
import { ask, sendTokenizer, train } from "../static/source.js";
import { chips, visible } from "../static/visible.js";
import { mergePair, tokensOf } from "./merges.js";

// What people call the models of these vocabularies.
const MODELS = { gpt2: "GPT-2", o200k_base: "GPT-4o" };

// A text under an encoding: its ids, and its tokens as bytes and made visible.
export async function encoded(text, encoding) {
  const told = await ask("tokens", { text, special: false, encodings: [encoding] });
  const [{ vocab_size: vocabSize, ids, lengths }] = told.encodings;
  const bytes = new TextEncoder().encode(text);
  let end = 0;
  const parts = Array.from(lengths, (length) => bytes.subarray(end, end += length));
  return { text, model: MODELS[encoding], vocabSize, ids: [...ids], parts, tokens: parts.map(visible) };
}

// Those tokens in a row, under the name of the model.
export function strip({ model, ids, parts }) {
  const by = new Map(ids.map((id, at) => [id, parts[at]]));
  return el("figure", {}, el("figcaption", { class: "count" }, `${model}: ${plural(ids.length, "token")}; its index is below each`),
    chips(ids, (id) => by.get(id), { notes: String }));
}

// A text with what the core learns from it: its pieces, the merges, and the bytes of the tokens.
export async function learnt(text, wanted, pattern = "none", rule = "smallest_ids") {
  if (!wanted) {
    const { name, ...nothing } = await opened([], pattern);
    return { text, ...nothing, ...await cut(text, name) };
  }
  const options = { vocab_size: 256 + wanted, pattern, tie_break: rule, special: "", name: "" };
  const merges = [];
  let made;
  for await (const news of train(options, new Blob([text]))) {
    merges.push(...news.merges ?? []);
    made = news.tokenizer ?? made;
  }
  return { text, merges, tokens: tokensOf(merges.map(({ pair }) => pair)), ...await cut(text, made.name) };
}

// The pieces of a text under an encoding, as bytes, with what made each.
export async function cut(text, encoding) {
  const { lanes: [lane] } = await ask("lanes", { text, special: false, encodings: [encoding] });
  const bytes = lane.text === undefined ? new TextEncoder().encode(text) : readBytes(lane.text);
  return { encoding, pieces: lane.pieces.map((piece) => ({ ...piece, bytes: bytes.subarray(piece.start, piece.end) })) };
}

// The pieces as ids, after some of the merges.
export const after = ({ pieces, merges }, n) => pieces.map(({ bytes }) =>
  merges.slice(0, n).reduce((ids, { pair, id }) => mergePair(ids, pair, id), [...bytes]));

// A tokenizer of some merges, which are pairs of ids in the order of learning, for texts that are one piece unless a pattern cuts them:
// its name, and the bytes of its tokens.
export async function opened(merges, pattern = "none") {
  const { name } = await sendTokenizer(dump({ name: null, pattern, special_tokens: {}, trained: null, merges }));
  return { name, merges, tokens: tokensOf(merges) };
}
