// What the page asks, answered by the core. tests/play/library.py answers the same questions with the library; tests hold the two
// together.

import { Bigram, bitsPerByte, seen } from "./bigram.js";
import { join, NONE } from "../js/engine.js";
import { FileFormatError } from "../js/errors.js";
import { Explainer, NotExplained, spokenOf, wholeCharacters, written } from "./explain.js";
import { encodeChat } from "./chat/encode.js";
import { TemplateError } from "./chat/lex.js";
import { sampledIn } from "./chat/sampled.js";
import { nameOf } from "./native.js";

const COMPLETION = 200;
const SIZES = 8;
const MOST_SEED = 2 ** 32 - 1;
const OWN = "own-";
// What the smaller core answers (the feature `first` of the crate), about published encodings without dropout.
const FIRST = ["start", "tokens", "piece"];
const NO_PATTERN = "a tiktoken rank file does not contain its split pattern";

const encoder = new TextEncoder();

// A question that is not answered, and of what kind the reason is.
export class Refusal extends Error {
  constructor(message, kind) {
    super(message);
    this.kind = kind;
  }
}

export class Answers {
  // `load(name)` gives a core; `catalogue` is encodings.json; `fetchVocabulary(file)` gives the bytes of a packed vocabulary,
  // `fetchTexts()` one text in many languages, in parts, by their names.
  constructor(load, catalogue, fetchVocabulary, fetchTexts) {
    Object.assign(this, { load, catalogue, fetchVocabulary, fetchTexts, limits: catalogue.limits, name: null });
    this.opened = new Map(); // tokenizers, or promises of them, by name
  }

  // Before a question: the smaller core as long as it can answer, from then on all of it. The vocabulary comes at the same time.
  async prepare(ask, data) {
    const name = this.name === "minitok" || !FIRST.includes(ask) || data?.dropout ? "minitok" : "first";
    if (name !== this.name) {
      this.name = name;
      this.opened.clear();
      this.loading = this.load(name).then((core) => Object.assign(this, { core, explainer: new Explainer(core, this.catalogue.patterns) }));
      this.loading.catch(() => { this.name = null; }); // what could not be fetched is tried again
    }
    if (name === "minitok") await this.loading;
  }

  start() {
    const { text, corpus, tokenizer, encodings, vocab_size } = this.limits;
    return {
      encodings: Object.entries(this.catalogue.encodings).map(([name, { models }]) => ({ name, models })),
      limits: { text, corpus, tokenizer, encodings, vocab_size },
      patterns: Object.keys(this.catalogue.patterns),
      languages: this.catalogue.languages,
    };
  }

  // The ids of a text under some encodings, with dropout where it is asked for, and the lengths of its tokens in bytes.
  async tokens(asked) {
    const [text, { dropout = 0, seed = 0 }] = [this.text(asked), asked];
    inBounds({ dropout, seed }, { dropout: 100, seed: MOST_SEED });
    const encodings = await Promise.all(asked.encodings.map((name) => this.get(name)));
    return {
      bytes: text.length,
      encodings: encodings.map((tok) => {
        const plain = tok.encode(text, asked.special);
        const ids = dropout ? tok.encodeWithDropout(text, asked.special, dropout / 100, seed) : plain;
        const without = dropout ? { without: plain.length } : {};
        // The tokens of a tokenizer that changes text spell another one.
        const read = tok.bytesOf(ids);
        return { ...describe(tok), ...without, ids, lengths: tok.lengths(ids), ...(isSame(read, text) ? {} : { text: written(read) }) };
      }),
    };
  }

  // What an edit costs a session of the text, and how many ids stay, whatever follows (SPEC L3), under some encodings. The bytes of
  // the text from `start` to `end` have been put in the place of `removed`.
  async edit(asked) {
    const [text, removed, { start, end }] = [this.text(asked), encoder.encode(asked.removed), asked];
    const before = join([text.subarray(0, start), removed, text.subarray(end)]);
    const edited = ({ name, number }) => {
      const [special, stop, put] = [asked.special ? 1 : 0, start + removed.length, text.subarray(start, end)];
      const [encoded, stable] = this.core.numbers("edit", [before, put], number, special, start, stop, this.limits.tail);
      return { name, encoded, stable: stable === NONE ? null : stable };
    };
    return { encodings: (await Promise.all(asked.encodings.map((name) => this.get(name)))).map(edited) };
  }

  // How many tokens one text has in each language.
  async bill(asked) {
    const tok = await this.get(asked.encoding);
    const counts = Object.entries(await this.declaration()).map(([language, parts]) => [language, count(tok, parts)]);
    return { title: titleOf(tok), base: "English", tokens: Object.fromEntries(counts) };
  }

  // One text in many languages, in parts.
  async declaration() {
    this.texts ??= await this.fetchTexts();
    return this.texts;
  }

  // How many tokens some parts of it have in some languages, under each of some tokenizers' files.
  async billOf(files, languages, first) {
    const toks = await Promise.all(files.map((file) => this.get(this.tokenizer({ file }).name)));
    const declaration = await this.declaration();
    const counts = (language) => toks.map((tok) => count(tok, declaration[language].slice(first)));
    return Object.fromEntries(languages.map((language) => [language, counts(language)]));
  }

  // The piece at a byte of the text, explained.
  async piece(asked) {
    const [text, tok] = [this.text(asked), await this.get(asked.encoding)];
    try {
      const { start, piece, pieces } = this.explainer.explainAt(tok, text, asked.at, asked.special, this.limits.piece);
      return { start, piece, vocabulary: vocabulary(tok, spokenOf(pieces)) };
    } catch (error) {
      throw error instanceof RangeError ? new Refusal(error.message, "TooLarge") : refusal(error);
    }
  }

  // All of a text explained, for a page to keep.
  async explanation(asked) {
    const [text, tok] = [this.text(asked), await this.get(asked.encoding)];
    const most = this.limits.explained;
    if (text.length > most) {
      throw new Refusal(`a page holds at most ${most.toLocaleString("en")} bytes of text, as it shows every merge of it`, "TooLarge");
    }
    try {
      const told = this.explainer.explain(tok, text, asked.special);
      return { encoding: tok.title, pattern: tok.pattern, ...told, vocabulary: vocabulary(tok, spokenOf(told.pieces)) };
    } catch (error) {
      throw refusal(error);
    }
  }

  // The pieces that the patterns of some encodings make of the beginning of a text.
  async lanes(asked) {
    const text = this.text(asked);
    const shown = text.subarray(0, wholeCharacters(text, Math.min(text.length, this.limits.lanes)));
    const isWhole = shown.length === text.length;
    const made = new Map();
    for (const tok of await Promise.all(asked.encodings.map((name) => this.get(name)))) {
      const [read, pieces] = this.explainer.lane(tok, shown, asked.special);
      // What is cut off may be looked ahead to: the last pieces are not certain.
      const certain = isWhole ? read.length : Math.max(0, read.length - 1);
      const told = {
        pattern: tok.pattern, encodings: [], pieces: pieces.filter((piece) => piece.end <= certain),
        ...(isSame(read, shown) ? {} : { text: written(read) }),
      };
      const key = JSON.stringify(told);
      if (!made.has(key)) made.set(key, told);
      made.get(key).encodings.push(titleOf(tok));
    }
    const lanes = [...made.values()];
    for (const lane of lanes) Object.assign(lane, this.explainer.machine(lane.pattern, lanes[0].pattern));
    return { bytes: shown.length, whole: isWhole, lanes };
  }

  // A bigram model of the text's tokens, completing a prompt.
  async bigram(asked) {
    const [text, tok] = [this.text(asked), await this.get(asked.encoding)];
    if (!(asked.length >= 1 && asked.length <= COMPLETION)) {
      throw new Refusal(`'length' is ${asked.length}, not between 1 and ${COMPLETION}`, "WrongRequest");
    }
    const model = new Bigram(tok.encode(text, asked.special), tok.vocabSize);
    const prompt = [...tok.encode(encoder.encode(asked.prompt), asked.special)];
    const steps = model.complete(prompt, asked.length, asked.seed < 0 ? null : asked.seed);
    const named = new Set([...prompt, ...steps.flatMap(({ chosen, row }) => [chosen, ...row.map(([then]) => then)])]);
    return {
      prompt, steps, vocabulary: vocabulary(tok, [...named].sort((one, other) => one - other)),
      n_ids: model.nIds, n_pairs: model.pairs.length, bits_per_byte: this.bits(tok, text),
    };
  }

  // Bits per byte by vocabulary size; of what was not trained by itself, for all of it.
  bits(tok, text) {
    if (text.length < 2) return [];
    const cut = wholeCharacters(text, seen(text.length));
    const content = tok.trained && JSON.parse(tok.file());
    return sizes(tok, content).map((size) => {
      const isWhole = size === tok.vocabSize;
      const kept = isWhole ? tok : truncated(this.core, tok, content, size);
      const bits = bitsPerByte(text, cut, (part) => kept.encode(part), size);
      if (!isWhole) kept.close();
      return { vocab_size: size, bits: Math.round(bits * 1e4) / 1e4 };
    });
  }

  // A conversation as ids, by a chat template; `chat` is { templates, tokens, named }.
  async chat(asked) {
    const tok = await this.get(asked.encoding);
    try {
      const told = encodeChat(tok, asked.chat, asked.messages, asked.options);
      const own = sampledIn(tok, asked.chat, asked.messages, asked.options, told);
      const ids = new Set([...told.ids, ...own.rewritten.flatMap((turn) => turn.ids)]);
      return { ...told, ...own, vocabulary: vocabulary(tok, [...ids].sort((one, other) => one - other)) };
    } catch (error) {
      throw error instanceof TemplateError ? new Refusal(`the chat template: ${error.message}`, "TemplateError") : error;
    }
  }

  // Where the head of a GGUF file ends, of which these bytes are the beginning; null where more of them are needed.
  head({ data, size }) {
    return this.core.ggufEnd(new Uint8Array(data), size);
  }

  // Keep the tokenizer of a file of any format, its bytes, or of GPT-2's two, or of one of minitok's own, its text.
  tokenizer(asked) {
    const data = asked.data ? new Uint8Array(asked.data) : encoder.encode(asked.file);
    if (data.length + (asked.merges?.byteLength ?? 0) > this.limits.tokenizer) throw new Refusal("the file is too large", "TooLarge");
    let tok = this.opening(data, asked);
    const file = tok.file();
    let name = nameOf(file);
    while (this.opened.has(name) && this.opened.get(name).file() !== file) name += "-";
    if (this.opened.has(name)) {
      tok.close();
      tok = this.opened.get(name);
    } else {
      tok.kept = name;
      this.forgetOldest();
      this.opened.set(name, tok);
    }
    return { ...describe(tok), n_merges: tok.nMerges, ...(tok.chat ? { chat: tok.chat } : {}), file };
  }

  opening(data, asked) {
    try {
      return asked.merges ? this.core.openPair(data, new Uint8Array(asked.merges), asked.names) : this.core.openFile(data, asked);
    } catch (error) {
      if (!(error instanceof FileFormatError)) throw error;
      if (error.message.startsWith(NO_PATTERN)) throw new Refusal(`${NO_PATTERN}: choose its pattern`, "PatternNeeded");
      if (asked.merges) throw error; // it names the one of the two
      throw new Refusal(error.message.replace(/^(?:line (\d+): )?/, (_, line) => `the tokenizer's file:${line ? `${line}:` : ""} `), "FileFormatError");
    }
  }

  // Of the reader's own tokenizers, the one that came first makes room.
  forgetOldest() {
    const own = [...this.opened.keys()].filter((name) => name.startsWith(OWN));
    if (own.length < this.limits.kept) return;
    this.opened.get(own[0]).close();
    this.opened.delete(own[0]);
  }

  // The tokenizer of a name.
  async get(name) {
    if (!this.opened.has(name)) {
      if (name.startsWith(OWN)) throw new Refusal(`the tokenizer '${name}' is no longer available`, "Forgotten");
      const opening = this.openPublished(name);
      this.opened.set(name, opening);
      // What could not be fetched is tried again when it is asked for again.
      opening.catch(() => this.opened.delete(name));
    }
    return this.opened.get(name);
  }

  async openPublished(name) {
    const published = Object.hasOwn(this.catalogue.encodings, name) ? this.catalogue.encodings[name] : null;
    if (!published) throw new Refusal(`unknown encoding '${name}'`, "UnknownEncodingError");
    const [, vocabulary] = await Promise.all([this.loading, this.fetchVocabulary(published.file)]);
    return this.core.open("open_packed", [name, vocabulary]);
  }

  text(asked) {
    const text = encoder.encode(asked.text);
    if (text.length > this.limits.text) {
      const [size, most] = [text.length, this.limits.text].map((bytes) => bytes.toLocaleString("en"));
      throw new Refusal(`the text has ${size} bytes; ${most} is the limit`, "TooLarge");
    }
    return text;
  }
}

const refusal = (error) => (error instanceof NotExplained ? new Refusal(error.message, "VocabularyError") : error);

// How many tokens some parts of a text have.
const count = (tok, parts) => parts.reduce((sum, part) => sum + tok.encode(encoder.encode(part)).length, 0);

// Whole numbers from 0 on, each to a bound of its own.
function inBounds(numbers, most) {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(Number.isInteger(value) && value >= 0 && value <= most[name])) {
      throw new Refusal(`'${name}' is ${value}, not between 0 and ${most[name].toLocaleString("en")}`, "WrongRequest");
    }
  }
}

const titleOf = (tok) => tok.title ?? `${tok.vocabSize.toLocaleString("en")} ids`;
const isSame = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

function describe(tok) {
  const { name, vocabSize, pattern, specialTokens, addedTokens } = tok;
  return { name, title: titleOf(tok), vocab_size: vocabSize, pattern, special_tokens: specialTokens, added_tokens: addedTokens };
}

function vocabulary(tok, ids) {
  const tokens = tok.tokens(ids);
  return Object.fromEntries(ids.map((id, at) => [id, written(tokens[at])]));
}

// Vocabulary sizes from the bytes alone to all of a trained tokenizer, evenly spaced on a logarithmic scale of merges.
function sizes(tok, content) {
  if (!content?.byte_order) return [tok.vocabSize];
  const { nMerges } = tok;
  const steps = nMerges ? Array.from({ length: SIZES - 1 }, (_, step) => Math.round(nMerges ** (step / (SIZES - 2)))) : [];
  return [...new Set([0, ...steps])].map((merges) => 256 + foundIds(tok).length + merges);
}

const foundIds = (tok) => [...new Set(Object.values(tok.foundTokens))].sort((one, other) => one - other);

// The tokenizer as it was when it had fewer ids (SPEC T9): the tokens that are found in text come after the merges.
function truncated(core, tok, content, size) {
  const ids = foundIds(tok);
  const below = size - ids.length;
  const moved = (tokens = {}) => Object.fromEntries(Object.entries(tokens).map(([name, id]) => [name, below + ids.indexOf(id)]));
  const tokens = { special_tokens: moved(content.special_tokens), added_tokens: moved(content.added_tokens) };
  return core.openFile(encoder.encode(JSON.stringify({ ...content, ...tokens, merges: content.merges.slice(0, below - 256) })), {});
}
