// Lesson 17: all lists of tokens that spell a text, and the one that encoding gives.

import { byId, el, plural } from "../static/dom.js";
import { Stepper } from "../static/stepper.js";
import { colour } from "../static/visible.js";
import { encoding, given, joined, named, read, row, tokensOf } from "./merges.js";
import { askAll, linksOn, ownText } from "./predict.js";

const encoder = new TextEncoder();

// A text under some merges: the tokens that stand in it, how many lists lead to each place, and the canonical list.
function made([text, lines]) {
  const [bytes, merges] = [encoder.encode(text), read(lines)];
  const tokens = tokensOf(merges);
  const found = [...tokens].flatMap(([id, token]) => Array.from(bytes, (_, start) => ({ id, start, end: start + token.length }))
    .filter(({ start, end }) => end <= bytes.length && token.every((byte, at) => byte === bytes[start + at])));
  const ways = [1];
  for (let at = 1; at <= bytes.length; at += 1) ways[at] = found.reduce((sum, { start, end }) => sum + (end === at ? ways[start] : 0), 0);
  const canon = (some) => encoding(some, merges).states.at(-1).pieces[0];
  return { text, bytes, tokens, found, ways, canonical: canon(bytes), dead: [...tokens].filter(([, token]) => canon(token).length > 1).map(([id]) => id) };
}

const count = ({ ways }) => ways.at(-1);
const counted = (one) => plural(count(one), "list");

// Some ids as tokens in their places.
function placed({ found }, ids) {
  let at = 0;
  return ids.map((id) => {
    const one = found.find((each) => each.id === id && each.start === at);
    at = one.end;
    return one;
  });
}

// The list of a number, from 1 on: its last token, then those of the list that leads to where it begins.
function list({ found, ways }, n) {
  const taken = [];
  for (let [at, left] = [ways.length - 1, n]; at; at = taken[0].start) {
    const last = found.filter(({ end }) => end === at);
    while (left > ways[last[0].start]) left -= ways[last.shift().start];
    taken.unshift(last[0]);
  }
  return taken;
}

// The tokens where they stand, short ones above; those of a list are lit. Over each place, how many lists lead to it.
function picture(one, taken) {
  const ends = [];
  const box = (token) => {
    const { id, start, end } = token;
    let lane = end - start;
    while (ends[lane] > start) lane += 1;
    ends[lane] = end;
    const drawn = el("span", { class: `token t${colour(id)}${taken.includes(token) ? " on" : ""}` }, named(one, id));
    drawn.style.gridArea = `${lane + 1} / ${start + 1} / auto / ${end + 1}`;
    return drawn;
  };
  const sorted = [...one.found].sort((a, b) => (a.end - a.start) - (b.end - b.start) || a.start - b.start);
  const numbers = one.ways.map((n) => el("b", {}, n.toLocaleString("en", { notation: "compact" })));
  const said = `${counted(one)}; lit: ${taken.map(({ id }) => named(one, id)).join(", ")}`;
  return el("div", { class: "scroll", tabindex: 0, role: "img", "aria-label": said }, el("div", { class: "lattice" }, ...numbers, ...sorted.map(box)));
}

const show = (one) => el("figure", {}, el("figcaption", { class: "count" }, `“${one.text}”: ${counted(one)}; lit is the one that encoding gives`),
  picture(one, placed(one, one.canonical)));

// -- what is asked ---------------------------------------------------------------------------------------------------

const [FEW, DOUBLED, DEAD, WRITTEN] = [["aabab", ["a a", "a b"]], ["aaaaaaaaaa", ["a a"]], ["abc", ["b c", "a b", "ab c"]], ["lowest", ["l o", "lo w", "e s", "es t", "w e"]]];
const fewest = (one) => Math.min(...Array.from({ length: count(one) }, (_, at) => list(one, at + 1).length));

const QUESTIONS = [
  {
    title: "Count them", ask: "How many lists of tokens spell this text?", given: given(FEW), shown: [FEW], right: ([one]) => count(one),
    told: ([{ ways }]) => [`A list ends with b or with ab: ${ways[4]} lead to the first, ${ways[3]} to the second. ${ways[4]} + ${ways[3]} = ${ways[5]}.`],
  },
  {
    title: "Ten letters", ask: "And this one, with one merge?", given: given(DOUBLED), shown: [DOUBLED], right: ([one]) => count(one),
    told: ([{ ways }]) => [`Each number is the sum of the two before it: ${ways.join(", ")}. A sentence of 58 letters has twenty million million lists under GPT-2.`],
  },
  {
    title: "The shortest?", ask: "How many tokens has the list that encoding gives?", given: given(DEAD), shown: [DEAD], right: ([one]) => one.canonical.length,
    told: ([one]) => [`${joined(one, one.canonical)}, though a list of ${fewest(one)} spells the text: rank 0 comes first, and then the merge to abc is not possible.`],
  },
  {
    title: "Dead", ask: "Under the same merges, how many tokens does no text give?", given: given(DEAD), shown: [DEAD], right: ([one]) => one.dead.length,
    told: ([one]) => [`${joined(one, one.dead)}: encode its bytes, and it does not come back. No corpus is needed to know that.`],
  },
  {
    title: "Drift", ask: "A model has written lo, we, s, t. A program keeps the text, and encodes it again. How many tokens does the model read then?", given: given(WRITTEN), shown: [WRITTEN],
    right: ([one]) => one.canonical.length,
    told: ([one]) => [`${joined(one, one.canonical)}. The text is the same, but none of the ids. What the model had computed for them is lost.`],
  },
];

// The reader's text: first the list that encoding gives, then all of them, one by one.
function draw(one) {
  const shown = el("div", { "aria-live": "polite" });
  const stepper = new Stepper("lists", (n) => {
    const taken = n ? list(one, n) : placed(one, one.canonical);
    const ids = taken.map(({ id }) => id);
    const isCanonical = String(ids) === String(one.canonical);
    shown.replaceChildren(picture(one, taken), row(one, ids),
      el("p", { class: "said" }, isCanonical ? "This is what encoding gives." : "Reads the same. Encoded again, it becomes"), ...(isCanonical ? [] : [row(one, one.canonical)]));
  });
  stepper.set(count(one), 0);
  byId("lists").replaceChildren(stepper.box, shown, ...(one.dead.length ? [el("p", { class: "count" }, "Dead, as no text gives them:"), row(one, one.dead)] : []));
}

askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-17.html", what: "Write count_ways and is_canonical yourself", next: "lesson-18.html", then: "Lesson 18: without tokens" });
await ownText(({ text, merges }) => made([text.value, merges.value.split("\n").filter((line) => line.trim())]), draw);
