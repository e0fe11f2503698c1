// Lesson 6: the bytes of tokens become text, at once and as they come.

import { hex } from "../static/bytes.js";
import { byId, el, plural, table } from "../static/dom.js";
import { Stepper } from "../static/stepper.js";
import { chips, mark } from "../static/visible.js";
import { encoded, opened } from "./made.js";
import { askAll, linksOn, ownText } from "./predict.js";

const decoded = (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const joined = (parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

// A text as tokens, and as it is shown while they come: with each, what is new, and the bytes that are held back. `lost` are the numbers
// of tokens that get lost on the way.
async function made([text, encoding, lost = []]) {
  const all = await encoded(text, encoding || (await opened([])).name);
  const kept = (_, at) => !lost.includes(at);
  const one = { ...all, encoding, parts: all.parts.filter(kept), ids: all.ids.filter(kept) };
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let shown = "";
  one.steps = one.parts.map((part, at) => {
    const news = decoder.decode(part, { stream: true });
    shown += news;
    return { part, news, shown, held: held(joined(one.parts.slice(0, at + 1)), shown) };
  });
  one.end = decoder.decode();
  return one;
}

// The bytes at the end that are not shown yet.
function held(bytes, shown) {
  let size = 0;
  while (decoded(bytes.subarray(0, bytes.length - size)) !== shown) size += 1;
  return bytes.subarray(bytes.length - size);
}

const title = ({ encoding, ids }) => `${encoding ? "GPT-2" : "Single bytes"}: ${plural(ids.length, "token")}`;
const said = (text) => (text === "" ? "nothing" : mark(new TextEncoder().encode(text)));

function show(one) {
  const rows = one.steps.map(({ part, news, held: kept }) => [el("code", {}, hex(part)), decoded(part), said(news), el("code", {}, hex(kept))]);
  return el("figure", {}, el("figcaption", { class: "count" }, title(one)),
    table("the tokens of a stream", ["bytes", "alone", "shows", "holds"], [...rows, ["the end", "", said(one.end), ""]]));
}

const CRAB = "🦀";
const [STREAM, BYTES, LOST] = [["a 🦀", "gpt2"], ["🦀", ""], [CRAB, "gpt2", [1]]];
const replaced = (text) => [...text].filter((char) => char === "\ufffd").length;
const valid = ({ parts }) => parts.filter((part) => !replaced(decoded(part))).length;
const SHOWN = ["a", "a, and a space", "a, a space, and �"];
const END = ["nothing", "�", "an error"];

const QUESTIONS = [
  {
    title: "Tokens that are text", ask: "GPT-2 cuts this character into three tokens. How many of them are text by themselves?", given: CRAB, shown: [[CRAB, "gpt2"]],
    right: ([one]) => valid(one),
    told: ([one]) => [`${valid(one) || "None"}: each holds a part of the four bytes. Decoded by itself, each would be �; together they are ${decoded(joined(one.parts))}.`],
  },
  {
    title: "Half a character", ask: "The second token of this text is a space and half of the crab. What is on the screen when it has come?", given: STREAM[0],
    choices: SHOWN, shown: [STREAM], right: ([one]) => ["a", "a ", "a \ufffd"].indexOf(one.steps[1].shown),
    told: ([one]) => [`The space is certain, and is shown at once, though the same token holds ${plural(one.steps[1].held.length, "byte")} back. Whoever shows � now has to take it away again.`],
  },
  {
    title: "The end", ask: "The stream ends after that token. What is shown then?", given: STREAM[0], choices: END, shown: [[STREAM[0], STREAM[1], [2, 3]]],
    right: ([one]) => Math.max(0, ["", "\ufffd"].indexOf(one.end)),
    told: () => ["What was held back will not become a character any more. It is shown as �, so that all that was shown is what decoding all of the ids gives."],
  },
  {
    title: "Held back", ask: "This character comes byte by byte. How many bytes are held back at most?", given: CRAB, shown: [BYTES],
    right: ([one]) => Math.max(...one.steps.map(({ held: kept }) => kept.length)),
    told: ([one]) => [`${Math.max(...one.steps.map(({ held: kept }) => kept.length))}: the last byte of ${one.steps.length} makes the character whole. No character has more.`],
  },
  {
    title: "One is lost", ask: "The second of the three tokens gets lost. How many � are shown for the other two?", given: CRAB, shown: [LOST],
    right: ([one]) => replaced(decoded(joined(one.parts))),
    told: ([one]) => [`${replaced(decoded(joined(one.parts)))}. The bytes ${hex(joined(one.parts))} could be the beginning of a character that does not go on, and one � stands for such a beginning.`],
  },
];

// It begins where the first part of a character has come.
function own(one) {
  const shown = el("div", { class: "step" });
  const stepper = new Stepper("tokens", (at) => shown.replaceChildren(...streamed(one, at)));
  stepper.set(one.steps.length, 1 + Math.max(0, one.steps.findIndex((step) => step.held.length)));
  byId("stream").replaceChildren(el("p", { class: "count" }, title(one)), stepper.box, shown);
}

// A stream after some tokens; after the last of them, it has ended.
function streamed(one, at) {
  const by = new Map(one.ids.map((id, place) => [id, one.parts[place]]));
  const { shown, held: kept } = one.steps[at - 1] ?? { shown: "", held: new Uint8Array() };
  const isEnd = at === one.steps.length;
  return [
    chips(one.ids.slice(0, at), (id) => by.get(id), { fresh: at - 1, notes: String }),
    el("p", {}, "Shown: ", el("span", { class: "completion" }, said(shown + (isEnd ? one.end : "")))),
    el("p", {}, "Held back: ", kept.length && !isEnd ? el("code", {}, hex(kept)) : "nothing"),
  ];
}

askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-06.html", what: "Write decode and StreamDecoder yourself", next: "index.html", then: "Train on a text of yours, in the playground" });
await ownText(({ text, encoding }) => made([text.value, encoding.value]), own, "submit");
