// The core in a thread of its own. A message { ask, data } is answered by { answer } or { refused, kind }; a training also sends
// { news } while it runs. One message at a time.

import { Answers, Refusal } from "./answers.js";
import { Core, CoreError } from "./core.js";
import { learn, Reporter } from "./training.js";

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
  const heard = { progress: (done) => reporter.progress(done), event: (event) => reporter.event(event) };
  const [core, catalogue] = await Promise.all([
    Core.load(here("minitok.wasm"), heard), fetched(here("encodings.json")).then((answered) => answered.json()),
  ]);
  const fetchVocabulary = async (file) =>
    new Uint8Array(await (await fetched(here(`../vocabularies/${file}.vocab`))).arrayBuffer());
  return new Answers(core, catalogue, fetchVocabulary);
}

const QUESTIONS = ["start", "tokens", "piece", "lanes", "bigram", "tokenizer"];
const preparing = prepare();

async function answer({ ask, data }) {
  const answers = await preparing;
  if (ask === "train") return learn(answers.core, reporter, data.options, new Uint8Array(data.corpus));
  if (!QUESTIONS.includes(ask)) throw new Refusal(`there is no question '${ask}'`, "WrongRequest");
  return answers[ask](data);
}

addEventListener("message", async ({ data: question }) => {
  try {
    postMessage({ answer: await answer(question) });
  } catch (error) {
    const isSaid = error instanceof Refusal || error instanceof CoreError || error instanceof RangeError;
    const kind = isSaid ? error.kind ?? error.constructor.name : "Broken";
    postMessage({ refused: isSaid ? error.message : `The core has failed: ${error.message}`, kind });
  }
});
