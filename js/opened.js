// What is known of a published encoding -> its tokenizer; whoever asks again gets the same one.

import { bytesAt } from "./bytes.js";
import { NONE } from "./engine.js";
import { published } from "./loaded.js";
import { Tokenizer } from "./tokenizer.js";

const opened = new Map(); // promises, by name

export async function openPublished({ name, vocabulary }) {
  const held = opened.get(name);
  const tokenizer = await held?.catch(() => null);
  if (tokenizer && !tokenizer.engine.failure && tokenizer.number !== NONE) return tokenizer;
  // Of several that waited for one that is no good, the first opens another.
  if (opened.get(name) === held) opened.set(name, open(name, vocabulary));
  return opened.get(name);
}

async function open(name, vocabulary) {
  const [engine, data] = await Promise.all([published.engine(Tokenizer), bytesAt(vocabulary)]);
  return engine.open("open_packed", [name, data]);
}

// The functions of a module that has one encoding.
export async function only(encoding) {
  const tokenizer = await openPublished(encoding);
  return {
    tokenizer,
    encode: (text, options) => tokenizer.encode(text, options),
    decode: (ids) => tokenizer.decode(ids),
    countTokens: (text, options) => tokenizer.count(text, options),
    isWithinTokenLimit: (text, limit, options) => tokenizer.isWithinTokenLimit(text, limit, options),
  };
}
