import type { EncodeOptions, Tokenizer } from "./index.js";

/** The encoding of this module. */
export const tokenizer: Tokenizer;
/** The ids of a text. */
export function encode(text: string | Uint8Array, options?: EncodeOptions): Uint32Array;
/** The text of ids. */
export function decode(ids: Iterable<number>): string;
/** How many ids a text has. */
export function countTokens(text: string | Uint8Array, options?: EncodeOptions): number;
/** How many ids a text has, or `false` if these are more than `limit`. */
export function isWithinTokenLimit(text: string | Uint8Array, limit: number, options?: EncodeOptions): number | false;
