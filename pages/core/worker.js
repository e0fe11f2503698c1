// The core in a worker. A message { ask, data } is answered by { answer } or { refused, kind }; a training also sends { news } while
// it runs. The page sends one message at a time (source.js).
//
// Read in this order:
//
// 1. ../playground/source.js: the page's side
// 2. core.js: the WebAssembly module and its tokenizers as the pages ask them; js/ is what it is made of
// 3. answers.js: what the page asks, and what is answered
// 4. explain.js: a piece explained, as python/minitok/explain/build.py does
// 5. chat/: a conversation by a chat template, and who wrote which token
// 6. bigram.js: the model that completes a prompt
// 7. training.js: a training, step by step
// 8. native.js: minitok's own files, and the names of tokenizers in links

import { Answers, Refusal } from "./answers.js";
import { MinitokError } from "../js/errors.js";
import { Core } from "./core.js";
import { unlzma } from "./lzma.js";
import { unpacked } from "./packed.js";
import { byLanguage, compare, DEVELOPMENT, learn, Reporter } from "./training.js";

const here = (name) => new URL(name, import.meta.url);
const reporter = new Reporter((news) => postMessage({ news }));
const CALLS = { progress: (done) => reporter.progress(done), event: (event) => reporter.event(event) };
const vocabularies = new Map();

async function fetched(address) {
  let answered;
  try {
    answered = await fetch(address);
  } catch {
    throw new Refusal(`${address} cannot be reached.`, "Unreachable");
  }
  if (!answered.ok) throw new Refusal(`${address} is not there: ${answered.status} ${answered.statusText}`, "Unreachable");
  return unpacked(answered);
}

const bytesAt = async (address) => new Uint8Array(await (await fetched(address)).arrayBuffer());
const jsonAt = async (address) => (await fetched(address)).json();

// A core by its name: all of it, or the part that shows a text.
async function load(name) {
  return Core.load(unlzma(await bytesAt(here(`${name}.lzma`))), CALLS);
}

async function fetchVocabulary(file) {
  if (!vocabularies.has(file)) vocabularies.set(file, await bytesAt(here(`../vocabularies/${file}.vocab`)));
  return vocabularies.get(file);
}

// The file of a tokenizer; of texts in several languages, two files and the bill of each language.
async function train(answers, options, text) {
  if (options.languages === undefined) return { files: [learn(answers.core, reporter, options, text)] };
  const declaration = await answers.declaration();
  const texts = byLanguage(options.languages, text, declaration);
  const files = compare(answers.core, reporter, options, texts, declaration);
  return { files, bill: await answers.billOf(files, [...texts.keys()], DEVELOPMENT) };
}

const QUESTIONS = ["start", "tokens", "edit", "bill", "piece", "explanation", "lanes", "bigram", "chat", "tokenizer", "head"];
const preparing = jsonAt(here("encodings.json")).then((catalogue) =>
  new Answers(load, catalogue, fetchVocabulary, () => jsonAt(here("../texts/udhr.json.gz"))));

async function answer({ ask, data }) {
  const answers = await preparing;
  if (ask !== "train" && !QUESTIONS.includes(ask)) throw new Refusal(`there is no question '${ask}'`, "WrongRequest");
  await answers.prepare(ask, data);
  return ask === "train" ? train(answers, data.options, new Uint8Array(data.corpus)) : answers[ask](data);
}

addEventListener("message", async ({ data: question }) => {
  try {
    postMessage({ answer: await answer(question) });
  } catch (error) {
    const isSaid = error instanceof Refusal || error instanceof MinitokError || error instanceof RangeError;
    const kind = isSaid ? error.kind ?? error.constructor.name : "Broken";
    postMessage({ refused: isSaid ? error.message : `The core has failed: ${error.message}`, kind });
  }
});
