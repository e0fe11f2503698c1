// Lesson 5: a piece becomes ids by the merge of the lowest rank, again and again; and what popular mistakes make of it.

import { byId, el, plural, table } from "../static/dom.js";
import { ask } from "../static/source.js";
import { Steps } from "../static/steps.js";
import { chips } from "../static/visible.js";
import { Explore } from "./explore.js";
import { encoded, opened, strip } from "./made.js";
import { encoding, given, joined, read } from "./merges.js";
import { askAll, linksOn, ownText } from "./predict.js";
import { ENCODING } from "./words.js";

const encoder = new TextEncoder();

// A piece under some merges, as the core encodes and explains it.
async function made([text, written]) {
  if (!written) return encoded(text, "gpt2");
  const one = await opened(read(written));
  const { piece, vocabulary } = await ask("piece", { text, special: false, encoding: one.name, at: 0 });
  return { ...one, text, written, piece, steps: [...new Steps(piece)], vocabulary, ids: piece.tokens.map(({ id }) => id) };
}

function show(one) {
  if (!one.written) return strip(one);
  const steps = [{ ids: [...encoder.encode(one.text)], said: "its bytes" },
    ...one.steps.map(({ ids, rank }) => ({ ids, said: `rank ${rank}` }))];
  return el("figure", {}, el("figcaption", { class: "count" }, `“${one.text}” with ${ranks(one)}`),
    table("each step", ["after", "the piece"], steps.map(({ ids, said }) => [said, tokensOf(one, ids)])));
}

const ranks = ({ written }) => written.map((line, rank) => `${line.replace(" ", " + ")} (rank ${rank})`).join(", ");
const tokensOf = (one, ids) => chips(ids, (id) => one.tokens.get(id));

// -- ways to be wrong ------------------------------------------------------------------------------------------------

const merging = (one, ...how) => encoding(encoder.encode(one.text), one.merges, ...how).states.at(-1).pieces[0];

function longest({ tokens, text }) {
  const bytes = encoder.encode(text);
  const byName = new Map([...tokens].map(([id, token]) => [String(token), id]));
  const ids = [];
  for (let at = 0; at < bytes.length;) {
    let end = bytes.length;
    while (!byName.has(String(bytes.subarray(at, end)))) end -= 1;
    ids.push(byName.get(String(bytes.subarray(at, end))));
    at = end;
  }
  return ids;
}

const WAYS = {
  "the leftmost pair first": (one) => merging(one, ([first]) => first),
  "the highest rank first": (one) => merging(one, (all) => all.reduce((best, next) => (next.value > best.value ? next : best))),
  "the longest token from the left": longest,
  "one merge, and stop": (one) => merging(one, undefined, 1),
};
const wrong = (one) => Object.entries(WAYS).map(([way, act]) => ({ way, ids: act(one) }));
const isRight = (one, ids) => String(ids) === String(one.ids);

// -- what is asked ---------------------------------------------------------------------------------------------------

const [SHARED, NEVER, SAME, MOSTLY] = [["cba", ["b a", "c b"]], ["abc", ["b c", "a b", "ab c"]], ["aaa", ["a a"]], ["low", ["l o", "lo w"]]];
const SHARED_CHOICES = ["c | b | a", "cb | a", "c | ba"];
const NEVER_CHOICES = ["abc", "ab | c", "a | bc"];
const SAME_CHOICES = ["aa | a", "a | aa", "a | a | a"];
const LONG = "abcbc";
const LONG_MERGES = ["a b", "b c", "ab c"];
const REAL = " unforgettable";

const QUESTIONS = [
  {
    title: "Two that share a letter", ask: "Which tokens does this piece become?", given: given(SHARED), choices: SHARED_CHOICES, shown: [SHARED],
    right: ([one]) => SHARED_CHOICES.indexOf(joined(one, one.ids)),
    told: ([one]) => [`Both merges are possible at first, and they share the b. The lower rank wins, though it stands further right. A program that goes from left to right makes ${joined(one, WAYS["the leftmost pair first"](one))} of it.`],
  },
  {
    title: "A token that is never made", ask: "There is a token “abc”. Which tokens does this piece become?", given: given(NEVER), choices: NEVER_CHOICES, shown: [NEVER],
    right: ([one]) => NEVER_CHOICES.indexOf(joined(one, one.ids)),
    told: ([one]) => [`${joined(one, one.ids)}: rank ${one.steps[0].rank} comes first, and then no merge of the two is left. “abc” is in the vocabulary, but from these bytes no way leads to it. A program that looks for the longest token finds it, and is wrong.`],
  },
  {
    title: "One merge, two places", ask: "Which tokens does this piece become?", given: given(SAME), choices: SAME_CHOICES, shown: [SAME],
    right: ([one]) => SAME_CHOICES.indexOf(joined(one, one.ids)),
    told: ([one]) => [`${joined(one, one.ids)}: of equal ranks, the leftmost is made first, as in training.`],
  },
  {
    title: "Step by step", ask: "How many merges are made in this piece?", given: given([LONG, LONG_MERGES]), shown: [[LONG, LONG_MERGES]],
    right: ([one]) => one.steps.length,
    told: ([one]) => [`${one.steps.length}, of the ranks ${one.steps.map(({ rank }) => rank).join(", then ")}. Each takes one id away: ${encoder.encode(LONG).length} bytes become ${plural(one.ids.length, "token")}.`],
  },
  {
    title: "Wrong, and not noticed", ask: "Four ways to be wrong are popular: the leftmost pair first; the highest rank first; the longest token from the left; one merge, and stop. How many of them are right about this piece?",
    given: given(MOSTLY), shown: [MOSTLY], right: ([one]) => wrong(one).filter(({ ids }) => isRight(one, ids)).length,
    told: ([one]) => [`All but: ${wrong(one).filter(({ ids }) => !isRight(one, ids)).map(({ way }) => way).join(", ")}. On many texts they are right, so a test by a few sentences does not find them.`],
  },
  {
    title: "A real word", ask: "With GPT-2’s 50,000 merges, how many tokens is this word, with a space before it?", given: REAL, shown: [[REAL]],
    right: ([one]) => one.ids.length,
    told: ([one]) => [`${one.tokens.join(" | ")}. The rule is the same; only the merges are more.`],
  },
];

const explore = new Explore(byId("steps"), ENCODING);

// The reader's piece under the reader's merges, and what popular mistakes make of it.
function draw(fields) {
  const merges = read(fields.merges.value.split("\n").filter((line) => line.trim()));
  const [text, bytes] = [fields.text.value, encoder.encode(fields.text.value)];
  const told = encoding(bytes, merges);
  explore.set(told);
  const one = { text, merges, tokens: told.tokens, ids: told.states.at(-1).pieces.flat() };
  const rows = wrong(one).map(({ way, ids }) => [way, tokensOf(one, ids), isRight(one, ids) ? "right here" : "wrong"]);
  byId("ways").replaceChildren(el("h2", {}, "What four mistakes make of it"), table("what four mistakes make of it", ["way", "tokens", ""], rows));
}

askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-05.html", what: "Write encode_piece yourself", next: "lesson-6.html", then: "Lesson 6: decode, and stream" });
await ownText((fields) => fields, draw);
