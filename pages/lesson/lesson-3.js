// Lesson 3: pairs are counted, and joined.

import { byId, el, number, plural } from "../static/dom.js";
import { Explore } from "./explore.js";
import { TRAINING } from "./words.js";
import { after, learnt } from "./made.js";
import { named, row, training } from "./merges.js";
import { askAll, linksOn, ownText } from "./predict.js";

const PENCIL = "low lower lowest";
const made = ([text, wanted]) => learnt(text, wanted);
const ids = (one, at) => after(one, at)[0];
const ALL = Infinity;

function show(one) {
  return el("figure", {}, el("figcaption", { class: "count" }, `“${one.text}” after ${plural(one.merges.length, "merge")}: ${plural(ids(one, ALL).length, "id")}`),
    row(one, ids(one, ALL)));
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
    right: ([, two]) => ids(two, 2).length,
    told: ([, two]) => [`257 is “${named(two, 257)}”. Each merge replaced ${two.merges.map(({ count }) => count).join(" and ")} pairs: ${[0, 1, 2].map((at) => ids(two, at).length).join(", then ")} ids.`],
  },
  {
    title: "Three of a kind, counted", ask: "How often does the pair a a occur?", given: "aaa", shown: [AS[0]], right: ([one]) => one.merges[0].count,
    told: ([one]) => [`${one.merges[0].count} times: it is counted at both places, though they overlap.`],
  },
  {
    title: "Three of a kind, merged", ask: "How many ids are left when the pair is merged?", given: "aaa", shown: [AS[0], AS[1]], right: ([one]) => ids(one, 1).length,
    told: ([one, five]) => [`${ids(one, 1).length}. From left to right, the second a is taken, so the third has no partner. Five of a kind become ${ids(five, 1).length}.`],
  },
];

// How many merges of the reader's text are shown.
const MOST = 12;

const explore = new Explore(byId("steps"), TRAINING);
askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-03.html", what: "Write count_pairs and merge_pair yourself", next: "lesson-4.html", then: "Lesson 4: split, then train" });
await ownText(({ text }) => training([new TextEncoder().encode(text.value)], MOST), (told) => explore.set(told));
