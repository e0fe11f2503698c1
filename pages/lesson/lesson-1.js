// Lesson 1: predict, then reveal; then the whole way from a prompt to a completion. The core computes everything that is shown.

import { hex, readVocabulary } from "../static/bytes.js";
import { reason, row } from "../static/bigram.js";
import { byId, el, number, onSubmit, plural, table } from "../static/dom.js";
import { ask } from "../static/source.js";
import { Stepper } from "../static/stepper.js";
import { chips, mark, nodes } from "../static/visible.js";
import { encoded, strip } from "./made.js";
import { askAll, attempt, linksOn, ownText, plays } from "./predict.js";
import { QUESTIONS } from "./questions.js";

const LENGTH = 20;

const inPlayground = (text) => `index.html#${new URLSearchParams({ text, encodings: "gpt2,o200k_base", at: "0,gpt2" })}`;

// The reader's sentence three ways: as a row of characters, of words, of tokens.
function first(one) {
  const { text: value } = one;
  const way = (n, said, row) => el("figure", {}, el("figcaption", { class: "length" }, el("b", {}, number(n)), ` ${said}`), row);
  const plain = (parts) => el("div", { class: "tokens" }, ...parts.map((part) => el("span", { class: "token plain" }, part)));
  const [chars, words] = [[...value], value.split(/\s+/).filter(Boolean)];
  const said = (n, what) => plural(n, what).replace(/^\S+ /, "");
  byId("first").replaceChildren(
    way(chars.length, `${said(chars.length, "character")}: few signs, a long row`, plain(chars.map((char) => (char === " " ? "·" : char)))),
    way(words.length, `${said(words.length, "word")}: a short row, and a list that never has them all`, plain(words)),
    way(one.ids.length, `${said(one.ids.length, "token")} of GPT-2, each above its index`, strip(one).lastChild));
}

// -- the way ---------------------------------------------------------------------------------------------------------

async function complete() {
  const { prompt, choice } = byId("prompt").elements;
  const corpus = await plays();
  const seed = choice.value === "draw" ? 0 : -1;
  const [made, told] = await Promise.all([
    encoded(prompt.value, "gpt2"),
    ask("bigram", { text: corpus, special: false, encoding: "gpt2", prompt: prompt.value, length: LENGTH, seed }),
  ]);
  const bytesOf = readVocabulary(told.vocabulary);
  const get = (id) => bytesOf.get(id);
  const stage = (title) => el("h3", { class: "stage" }, title);
  byId("in-playground").href = inPlayground(prompt.value);
  byId("way").replaceChildren(
    stage("The prompt is cut into tokens"),
    chips(made.ids, get),
    stage("Each token becomes its index"),
    table("tokens and indices", ["token", "bytes", "index"], made.ids.map((id) => [mark(get(id)), hex(get(id)), String(id)]), [2]),
    el("p", {}, "This is what the model gets: ", el("code", { class: "indices" }, `[${made.ids.join(", ")}]`),
      `. A large model has a row of learnt numbers for each of its ${number(made.vocabSize)} indices, and looks these rows up first. `
      + "Ours has a row of counts for each."),
    stage("The row of the last index says what may come next"),
    el("p", {}, ...reason(told.steps[0], get)),
    row(told.steps[0], get),
    el("p", {}, `It was counted in ${plural(told.n_ids, "token")} of Shakespeare. A large model looks at all indices, not only at the last, and `
      + "gives a share to every index; what is chosen from these shares works as here."),
    stage("The next index joins the others, and so on"),
    ...loop(told, get));
}

// The completion, index by index.
function loop(told, get) {
  const shown = el("div", { class: "step" });
  const stepper = new Stepper("tokens", (at) => {
    const chosen = told.steps.slice(0, at).map((step) => step.chosen);
    const ids = [...told.prompt, ...chosen];
    shown.replaceChildren(chips(ids, get, { fresh: at ? ids.length - 1 : -1, notes: String }),
      ...at ? [el("p", {}, ...reason(told.steps[at - 1], get))] : [],
      el("p", {}, "As text:"), el("p", { class: "completion" }, ...told.prompt.flatMap((id) => nodes(get(id))),
        el("mark", {}, ...chosen.flatMap((id) => nodes(get(id))))));
  });
  stepper.set(told.steps.length, 1);
  return [stepper.box, shown];
}

askAll(QUESTIONS, ([text, encoding]) => encoded(text, encoding), strip,
  ([first]) => el("a", { href: inPlayground(first.text) }, "See every merge of it in the playground"));
linksOn({ lesson: "lesson-01.html", what: "Lesson 1 in the course", next: "lesson-2.html", then: "Lesson 2: bytes" });
onSubmit(byId("prompt"), () => attempt(complete));
await ownText(({ text }) => encoded(text.value, "gpt2"), first);
