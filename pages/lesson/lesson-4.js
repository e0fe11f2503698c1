// Lesson 4: a pattern cuts a text into pieces, and training counts and merges within them.

import { byId, el, plural } from "../static/dom.js";
import { learntBy } from "../static/learnt.js";
import { chip, visible, why } from "../static/visible.js";
import { Explore } from "./explore.js";
import { learnt } from "./made.js";
import { named, training } from "./merges.js";
import { askAll, linksOn, ownText } from "./predict.js";
import { TRAINING } from "./words.js";

const MODELS = { gpt2: "GPT-2’s pattern", cl100k: "GPT-4’s pattern", o200k: "GPT-4o’s pattern", none: "No pattern" };
const RULES = { smallest_ids: "the smallest ids win", first_seen: "the pair that is met first wins", greatest_bytes: "the greatest bytes win" };
const REST = 7; // the colour of what no alternative made

// The pieces of a text under a pattern, and what is learnt from them.
const made = async ([text, pattern, wanted = 0, rule = "smallest_ids"]) => ({ pattern, wanted, rule, ...await learnt(text, wanted, pattern, rule) });

function lane({ pattern, pieces }) {
  return el("figure", {}, el("figcaption", { class: "count" }, `${MODELS[pattern]}: ${plural(pieces.length, "piece")}`),
    el("p", { class: "tokens" }, ...pieces.map((piece) => chip(piece.bytes, piece.alternative?.index ?? REST, why(piece)))));
}

function show(one) {
  if (!one.wanted) return lane(one);
  const [first] = one.merges;
  return el("figure", {}, el("figcaption", { class: "count" }, `${RULES[one.rule]}: ${pair(one, first)} is merged first`), learntBy(first, (id) => one.tokens.get(id))[1]);
}

const pair = (one, { pair: [left, right] }) => `${named(one, left)} + ${named(one, right)}`;
const texts = ({ pieces }) => pieces.map(({ bytes }) => visible(bytes));
const holding = ({ pieces }, byte) => pieces.find(({ start, end }) => start <= byte && byte < end);
// The pieces that a beginning of the text is cut into.
const within = (one, end) => one.pieces.filter(({ start }) => start < end).map(({ bytes }) => visible(bytes));

const [BACK, CAPITALS, APART, TIED] = ["I'll be  back, 007!", "I'LL pay 12345", "a1a1a1 bc", "cdabe"];
const SECOND_SPACE = BACK.indexOf("  ") + 1;
const ENDING = CAPITALS.indexOf(" ");
const APART_PAIRS = ["a + 1", "1 + a", "· + b", "1 + ·"];
const TIED_PAIRS = ["c + d", "d + a", "a + b", "b + e"];

const QUESTIONS = [
  {
    title: "Into pieces", ask: "Into how many pieces does GPT-2’s pattern cut this text? There are two spaces before “back”.", given: BACK,
    shown: [[BACK, "gpt2"]], right: ([one]) => one.pieces.length,
    told: ([one]) => [`${one.pieces.length}: ${texts(one).join(" | ")}. Letters, digits and signs part; a space goes with what follows it.`],
  },
  {
    title: "The second space", ask: "With what does the second of the two spaces stand in a piece?", given: BACK,
    choices: ["with “be”, before it", "with “back”, behind it", "with the other space", "with nothing"], shown: [[BACK, "gpt2"]],
    right: ([one]) => {
      const text = visible(holding(one, SECOND_SPACE).bytes);
      return text.includes("be") ? 0 : text.includes("back") ? 1 : text.length > 1 ? 2 : 3;
    },
    told: ([one]) => [`The piece is “${visible(holding(one, SECOND_SPACE).bytes)}”. (?!\\S) is a look-ahead, “white space that is not followed by something else”: of two `
      + "spaces it gives up the last one, which the word then takes."],
  },
  {
    title: "Capitals", ask: "GPT-4o’s pattern leaves I'LL in one piece. Into how many does GPT-2’s cut it?", given: CAPITALS,
    shown: [[CAPITALS, "gpt2"], [CAPITALS, "cl100k"], [CAPITALS, "o200k"]], right: ([older]) => within(older, ENDING).length,
    told: ([older, newer, newest]) => [`${within(older, ENDING).length}: ${within(older, ENDING).join(" | ")}. Its endings are in small letters. GPT-4’s pattern takes capitals, too `
      + `(${within(newer, ENDING).join(" | ")}), and GPT-4o’s leaves an ending with its word (${within(newest, ENDING).join(" | ")}).`],
  },
  {
    title: "Digits", ask: "How many pieces hold the five digits under GPT-4’s pattern?", given: CAPITALS, shown: [[CAPITALS, "cl100k"], [CAPITALS, "gpt2"]],
    right: ([one]) => texts(one).filter((text) => /\d/.test(text)).length,
    told: ([one]) => [`${texts(one).filter((text) => /\d/.test(text)).join(" and ")}: three digits at most, counted from the left. In GPT-2 they are one piece, so any `
      + "number may become a token, if it is frequent."],
  },
  {
    title: "Across an edge", ask: "Training on this text with GPT-2’s pattern: which pair is merged first? Of pairs that are equally frequent, the smallest ids win.",
    given: APART, choices: APART_PAIRS, shown: [[APART, "gpt2"], [APART, "gpt2", 1]],
    right: ([, one]) => APART_PAIRS.indexOf(pair(one, one.merges[0])),
    told: ([one]) => [`Letters and digits are never in one piece here, so “a1” is no pair at all. Pairs stand in “${texts(one).at(-1)}” only, each once.`],
  },
  {
    title: "A tie", ask: "One piece, in which every pair occurs once. Which is merged first, if the smallest ids win?", given: TIED, choices: TIED_PAIRS,
    shown: Object.keys(RULES).map((rule) => [TIED, "none", 1, rule]), right: ([one]) => TIED_PAIRS.indexOf(pair(one, one.merges[0])),
    told: (all) => [`Three rules are in use, and give three vocabularies: ${all.map((one) => `${pair(one, one.merges[0])} where ${RULES[one.rule]}`).join(", ")}.`],
  },
];

// How many merges of the reader's text are shown.
const MOST = 12;

const explore = new Explore(byId("steps"), TRAINING);

function draw(one) {
  byId("pieces").replaceChildren(lane(one));
  explore.set(training(one.pieces.map(({ bytes }) => bytes), MOST));
}

askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-04.html", what: "Write split and train yourself", next: "lesson-5.html", then: "Lesson 5: encode" });
await ownText(({ text, pattern }) => made([text.value, pattern.value]), draw);
