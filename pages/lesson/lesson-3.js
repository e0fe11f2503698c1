// Lesson 3: pairs are counted and merged. The core learns the merges; this page carries them out, one by one.

import { bar, byId, el, number, plural, table } from "../static/dom.js";
import { train } from "../static/source.js";
import { Stepper } from "../static/stepper.js";
import { chips, mark } from "../static/visible.js";
import { askAll, attempt, linksOn } from "./predict.js";

const encoder = new TextEncoder();
const PENCIL = "low lower lowest";

// A text with what the core learns from it: the merges, and the ids of the text after each.
async function learnt([text, wanted]) {
  const options = { vocab_size: 256 + wanted, pattern: "none", tie_break: "smallest_ids", special: "", name: "" };
  const merges = [];
  for await (const news of train(options, new Blob([text]), new AbortController().signal)) merges.push(...news.merges ?? []);
  const tokens = new Map(Array.from({ length: 256 }, (_, byte) => [byte, Uint8Array.of(byte)]));
  const rows = [[...encoder.encode(text)]];
  for (const { pair, id } of merges) {
    tokens.set(id, Uint8Array.from(pair.flatMap((side) => [...tokens.get(side)])));
    rows.push(mergePair(rows.at(-1), pair, id));
  }
  return { text, merges, rows, tokens };
}

// A pair replaced by an id, from left to right.
export function mergePair(ids, [left, right], id) {
  const made = [];
  for (let at = 0; at < ids.length; at += 1) {
    const isPair = ids[at] === left && ids[at + 1] === right;
    made.push(isPair ? id : ids[at]);
    if (isPair) at += 1;
  }
  return made;
}

const get = (one) => (id) => one.tokens.get(id);
const named = (one, id) => new TextDecoder().decode(one.tokens.get(id)).replaceAll(" ", "·");
const step = (one, at) => chips(one.rows[at], get(one), { notes: String });

function show(one) {
  return el("figure", {}, el("figcaption", { class: "count" }, `“${one.text}” after ${plural(one.merges.length, "merge")}: ${plural(one.rows.at(-1).length, "id")}`),
    step(one, one.merges.length));
}

const AS = [["aaa", 1], ["aaaaa", 1]];

const QUESTIONS = [
  {
    title: "The first pair", ask: "Which pair becomes 256?", given: PENCIL, choices: ["e r", "l o", "o w", "w e"], shown: [[PENCIL, 1]],
    right: ([one]) => ["er", "lo", "ow", "we"].indexOf(named(one, 256)),
    told: ([one]) => {
      const [{ count, ties }] = one.merges;
      return [`“${named(one, 256)}” occurs ${number(count)} times, as ${ties - 1 === 1 ? "one other pair does" : `${ties - 1} others do`}: a tie. Its first id, ${one.merges[0].pair[0]}, is the smaller one.`];
    },
  },
  {
    title: "The second", ask: "How many ids does the text have after two merges? It begins as 16 bytes.", given: PENCIL, shown: [[PENCIL, 1], [PENCIL, 2]],
    right: ([, two]) => two.rows[2].length,
    told: ([, two]) => [`257 is “${named(two, 257)}”. Each merge replaced ${two.merges.map(({ count }) => count).join(" and ")} pairs: ${two.rows.map((row) => row.length).join(", then ")} ids.`],
  },
  {
    title: "Three of a kind, counted", ask: "How often does the pair a a occur?", given: "aaa", shown: [AS[0]], right: ([one]) => one.merges[0].count,
    told: ([one]) => [`${one.merges[0].count} times: it is counted at both places, though they overlap.`],
  },
  {
    title: "Three of a kind, merged", ask: "How many ids are left when the pair is merged?", given: "aaa", shown: [AS[0], AS[1]], right: ([one]) => one.rows[1].length,
    told: ([one, five]) => [`${one.rows[1].length}. From left to right, the second a is taken, so the third has no partner. Five of a kind become ${five.rows[1].length}.`],
  },
];

let walks = 0;

async function walk() {
  const { text, merges } = byId("own").elements;
  const own = ++walks;
  const one = await learnt([text.value, Number(merges.value)]);
  if (own !== walks) return; // the reader has asked for another text meanwhile
  const shown = el("div", { class: "step" });
  const stepper = new Stepper("merges", (at) => shown.replaceChildren(...explained(one, at)));
  stepper.set(one.merges.length, Math.min(1, one.merges.length));
  byId("steps").replaceChildren(...(one.merges.length ? [stepper.box, shown] : [el("p", {}, "There is no pair in it.")]));
}

function explained(one, at) {
  if (!at) return [el("p", {}, `${plural(one.rows[0].length, "byte")}, nothing merged yet.`), step(one, 0)];
  const { pair, id, count, ties, candidates } = one.merges[at - 1];
  const name = (side) => mark(one.tokens.get(side));
  const rows = candidates.map(([left, right, n]) => [el("span", {}, name(left), " + ", name(right)), number(n), bar(n / count),
    left === pair[0] && right === pair[1] ? "taken" : n === count ? "tie" : ""]);
  return [
    el("p", {}, name(pair[0]), " + ", name(pair[1]), ` make id ${id}: ${plural(count, "place")}${ties > 1 ? `, one of ${number(ties)} pairs with that count` : ""}.`),
    step(one, at), table("the most frequent pairs before this merge", ["pair", "count", "", ""], rows, [1]),
  ];
}

askAll(QUESTIONS, learnt, show);
byId("own").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(walk);
});
linksOn({ lesson: "lesson-03.html", what: "Write count_pairs and merge_pair yourself", next: "index.html", then: "Train on a text of yours, in the playground" });
await attempt(walk);
