/**
 * What `encode` does with tokens that stand in a text. Without options, special tokens are ordinary text, and added tokens are found, as
 * in the library that defines the tokenizer. Pass `disallowedSpecial: "all"` for text from strangers.
 * An unknown option, or a name that is not a special or an added token of the tokenizer, is a {@link MinitokError}.
 */
export interface EncodeOptions {
  /** The special tokens that are found in the text. */
  allowedSpecial?: "all" | readonly string[] | ReadonlySet<string>;
  /** The tokens that the text must not contain, nor become; `"all"` are the control tokens that are not allowed. */
  disallowedSpecial?: "all" | readonly string[] | ReadonlySet<string>;
}

/** What a chunk ends at, best first; `"character"` and `"end"` where there is none of the others, and at the end of the text. */
export type Border = "heading" | "paragraph" | "block" | "line" | "sentence" | "wrap" | "clause" | "space" | "word" | "character" | "end";

export interface ChunkOptions {
  /** Where chunks may end: in text, in code (not at headings, sentences and clauses), or at these borders. Default: `"text"`. */
  at?: "text" | "code" | readonly Exclude<Border, "character" | "end">[] | ReadonlySet<Exclude<Border, "character" | "end">>;
  /** How many tokens at the end of a chunk may be repeated at the beginning of the next, from a sentence or a word on. */
  overlap?: number;
  /** How many sentences are repeated instead, within half of the limit. */
  overlapSentences?: number;
  /** A chunk ends at the best border behind this part of what is new in it, from 0 to 1. Default: 0.5. */
  fill?: number;
  /** The special tokens that are found in the text, which are not cut. */
  allowedSpecial?: EncodeOptions["allowedSpecial"];
}

/** A part of a text: `text.slice(start, end)`. */
export interface Chunk {
  text: string;
  start: number;
  end: number;
  /** How many tokens it has when it is encoded on its own. */
  tokens: number;
  border: Border;
}

export interface FileOptions {
  /** The name of the tokenizer, where its file has none. */
  name?: string | null;
  /**
   * How text is split, for a file that does not say it: `.tiktoken`. The name of a pattern (`"cl100k"`, `"llama3"`), of an
   * encoding or a model, whose pattern is meant, or a regular expression. What is nearly a name is a {@link MinitokError}, as is a
   * pattern that matches nothing but its own text; write `(?:text)` for that.
   */
  pattern?: string;
}

/** What minitok refuses, with the reason in words. Wrong arguments are a `TypeError` or a `RangeError`. */
export class MinitokError extends Error {}

/** A file that is not a tokenizer, or one that minitok does not read. */
export class FileFormatError extends MinitokError {}

/**
 * Text to ids and back. It does not change; made by {@link getEncoding}, {@link load} and {@link Tokenizer.fromFile}.
 *
 * Costs: time linear in the text. Ids come in a `Uint32Array` of their own.
 */
export class Tokenizer {
  private constructor();
  /**
   * Opens the bytes of a tokenizer's file: `tokenizer.json`, `.tiktoken`, SentencePiece's `.model`, `tekken.json`, GGUF, or minitok's
   * own. The content decides what it is. `console.warn` says if added tokens get other ids than the file gives them, as in
   * `tokenizers`.
   *
   * @throws {FileFormatError} It is not a tokenizer that can be read, with the reason.
   */
  static fromFile(data: Uint8Array | ArrayBuffer, options?: FileOptions): Promise<Tokenizer>;
  readonly name: string | null;
  /** One more than the highest id. */
  readonly vocabSize: number;
  /** How text is split: the name of a pattern, or a regular expression. */
  readonly pattern: string;
  /** The ids of the special tokens, which are found where the caller allows it. */
  readonly specialTokens: Readonly<Record<string, number>>;
  /** The ids of the added tokens, which are found in every text. */
  readonly addedTokens: Readonly<Record<string, number>>;
  /** The names of the special tokens, and of the added tokens that may mark something: no user should write one. */
  readonly controlTokens: readonly string[];
  /**
   * The ids of a text: a string, or bytes of UTF-8. A lone surrogate becomes U+FFFD.
   *
   * @throws {MinitokError} The text has a token that it must not contain, or a byte for which there is no token.
   */
  encode(text: string | Uint8Array, options?: EncodeOptions): Uint32Array;
  /** How many ids a text has; they are not built. */
  count(text: string | Uint8Array, options?: EncodeOptions): number;
  /** How many ids a text has, or `false` if these are more than `limit`. */
  isWithinTokenLimit(text: string | Uint8Array, limit: number, options?: EncodeOptions): number | false;
  /**
   * The text of ids; bytes that are not UTF-8 become U+FFFD.
   *
   * @throws {MinitokError} An id is unknown; the message names it and its position.
   */
  decode(ids: Iterable<number>): string;
  /** The bytes of ids. */
  decodeBytes(ids: Iterable<number>): Uint8Array;
  /**
   * Cuts a text into chunks of at most `maxTokens` tokens each, at headings, paragraphs, sentences and words. Places are code units of
   * UTF-16. Without an overlap, the chunks joined are the text.
   *
   * @throws {MinitokError} The options cannot be met, or a character has more than `maxTokens` tokens.
   * @throws {RangeError} A number is not one of the allowed, or the text has a lone surrogate.
   */
  chunk(text: string, maxTokens: number, options?: ChunkOptions): Chunk[];
  /** A text that changes, and its ids. */
  session(text?: string, options?: EncodeOptions): Session;
  /** Gives its memory back at once, not when nobody holds it any more. It cannot be used afterwards. */
  close(): void;
}

/** What a change did to the ids: from number `start` on, `removed` ids were replaced by `ids`. All others are as they were. */
export interface Splice {
  start: number;
  removed: number;
  ids: Uint32Array;
}

/** Tokens that may stand over the end of a text: behind its first `kept` ids and the ids `extra`, any one of `ids`. */
export interface Cover {
  kept: number;
  extra: Uint32Array;
  ids: Uint32Array;
}

/**
 * A text whose ids are kept while it changes, made by {@link Tokenizer.session}. After every change, `ids()` are those of encoding the
 * whole text again. Places are those of strings: code units of UTF-16.
 *
 * Costs of a change: where `local` is true, those of encoding about a kilobyte, whatever the length of the text.
 */
export class Session {
  private constructor();
  readonly length: number;
  /** Whether a change costs what it touches; otherwise all of the text. */
  readonly local: boolean;
  append(text: string): Splice;
  /**
   * Replaces the text from `start` to `end`.
   *
   * @throws {MinitokError} The range is not in the text, or a place is inside a surrogate pair; nothing has changed then.
   */
  edit(start: number, end: number, text: string): Splice;
  /** Makes the text another one: what both begin and end with is not encoded again. */
  set(text: string): Splice;
  text(start?: number, end?: number): string;
  /** The ids of the text, or those from number `start` to `end`. */
  ids(start?: number, end?: number): Uint32Array;
  /** The ids of a part of the text as a text by itself. */
  encode(start?: number, end?: number): Uint32Array;
  count(start?: number, end?: number): number;
  /** The number of the id whose token holds a place of the text. */
  tokenAt(at: number): number;
  /** How many ids the text keeps, whatever text is appended. */
  readonly stable: number;
  /** The tokens that may stand over the end of the text. */
  covers(): Cover[];
  /** A copy that changes by itself; what neither has changed is held once. */
  fork(): Session;
  close(): void;
}

/* ENCODINGS */
export type EncodingName = string;

/* MODELS */
export type ModelName = string;

/**
 * A published encoding, by its name (`_base` may be left out) or by that of a model that uses it. Its vocabulary is read when it is first
 * asked for; whoever asks again gets the same tokenizer.
 *
 * @throws {MinitokError} The name is not known; the message suggests one, or says where the model's file is.
 */
export function getEncoding(name: EncodingName | ModelName): Promise<Tokenizer>;

export function listEncodingNames(): EncodingName[];

/**
 * The encoding that a model of OpenAI or Whisper uses.
 *
 * @throws {MinitokError} The model is not known; the message suggests one, or says where the model's file is.
 */
export function encodingForModel(model: ModelName | (string & {})): Promise<Tokenizer>;

/** Opens a tokenizer's file of any format: its path (in Node; not a folder), its address, or its bytes. */
export function load(source: string | URL | Blob | Uint8Array | ArrayBuffer, options?: FileOptions): Promise<Tokenizer>;
