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
import { unpacked, vocabulary } from "./packed.js";
import { byLanguage, compare, DEVELOPMENT, learn, Reporter } from "./training.js";

const here = (name) => new URL(name, import.meta.url);
const reporter = new Reporter((news) => postMessage({ news }));

async function fetched(address) {
  let answered;
  try {
    answered = await fetch(address);
  } catch {
    throw new Refusal(`${address} cannot be reached.`, "Unreachable");
  }
  if (!answered.ok) throw new Refusal(`${address} is not there: ${answered.status} ${answered.statusText}`, "Unreachable");
  return answered;
}

async function prepare() {
  const calls = { progress: (done) => reporter.progress(done), event: (event) => reporter.event(event) };
  const [core, catalogue] = await Promise.all([
    Core.load(here("minitok.wasm.gz"), calls), fetched(here("encodings.json")).then(unpacked).then((answered) => answered.json()),
  ]);
  const fetchVocabulary = async (file) =>
    vocabulary(new Uint8Array(await (await unpacked(await fetched(here(`../vocabularies/${file}.vocab`)))).arrayBuffer()));
  return new Answers(core, catalogue, fetchVocabulary, fetchTexts);
}

// One text in many languages.
async function fetchTexts() {
  return (await unpacked(await fetched(here("../texts/udhr.json.gz")))).json();
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
const preparing = prepare();

async function answer({ ask, data }) {
  const answers = await preparing;
  if (ask === "train") return train(answers, data.options, new Uint8Array(data.corpus));
  if (!QUESTIONS.includes(ask)) throw new Refusal(`there is no question '${ask}'`, "WrongRequest");
  return answers[ask](data);
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
