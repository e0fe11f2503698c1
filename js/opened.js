// What is known of a published encoding -> its tokenizer; whoever asks again gets the same one.

import { bytesAt } from "./bytes.js";
import { NONE } from "./engine.js";
import { loadedEngine } from "./loaded.js";
import { Tokenizer } from "./tokenizer.js";

const opened = new Map(); // promises, by name

export async function openPublished({ vocabulary, below, described }) {
  const held = opened.get(described.name);
  const tokenizer = await held?.catch(() => null);
  if (tokenizer && !tokenizer.engine.failure && tokenizer.number !== NONE) return tokenizer;
  // Of several that waited for one that is no good, the first opens another.
  if (opened.get(described.name) === held) opened.set(described.name, open(vocabulary, below, described));
  return opened.get(described.name);
}

async function open(vocabulary, below, described) {
  const [engine, data] = await Promise.all([loadedEngine(Tokenizer), bytesAt(vocabulary)]);
  return engine.openPacked(data, below, described);
}

// The functions of a module that has one encoding.
export async function only(published) {
  const tokenizer = await openPublished(published);
  return {
    tokenizer,
    encode: (text, options) => tokenizer.encode(text, options),
    decode: (ids) => tokenizer.decode(ids),
    countTokens: (text, options) => tokenizer.count(text, options),
    isWithinTokenLimit: (text, limit, options) => tokenizer.isWithinTokenLimit(text, limit, options),
  };
}
