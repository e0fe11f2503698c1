// Lesson 18: a text without tokens, cut into patches where the next byte is uncertain.

import { byId, el, number, plural } from "../static/dom.js";
import { colour, visible } from "../static/visible.js";
import { askAll, linksOn, ownText, plays } from "./predict.js";

const encoder = new TextEncoder();
const ALL = 8; // bits that are open where nothing is known

// How many bits are open after each byte, for a model that has counted in some data which byte follows which.
function learnt(data) {
  const counts = new Uint32Array(1 << 16);
  for (let at = 1; at < data.length; at += 1) counts[(data[at - 1] << 8) | data[at]] += 1;
  return Array.from({ length: 256 }, (_, byte) => {
    const row = counts.subarray(byte << 8, (byte + 1) << 8);
    const total = row.reduce((sum, count) => sum + count, 0);
    return total ? row.reduce((sum, count) => sum + (count && (count / total) * Math.log2(total / count)), 0) : ALL;
  });
}

// A text in patches under a line: with each byte, how uncertain it was. The model has read Shakespeare, or the text alone.
async function made([text, line, read = "text"]) {
  const bytes = encoder.encode(text);
  const open = learnt(read === "plays" ? encoder.encode(await plays()) : bytes);
  const patches = [];
  bytes.forEach((byte, at) => {
    const bits = at ? open[bytes[at - 1]] : 0;
    if (!at || bits > line) patches.push([]);
    patches.at(-1).push({ byte, bits });
  });
  return { text, line, bytes, open, patches };
}

const counted = ({ length }) => `${number(length)} patch${length === 1 ? "" : "es"}`;
const nameOf = (byte) => (byte < 0x80 ? visible(Uint8Array.of(byte)) : byte.toString(16));
const said = (patch) => visible(Uint8Array.from(patch.map(({ byte }) => byte)));

function picture({ line, patches }) {
  const column = ({ byte, bits }) => {
    const bar = el("i", { class: bits > line ? "over" : "" });
    bar.style.setProperty("--bits", bits);
    return el("span", { title: `${bits.toFixed(1)} bits` }, bar, nameOf(byte));
  };
  const drawn = el("div", { class: "patches", role: "img", "aria-label": `${counted(patches)}: ${patches.map(said).join(", ")}` },
    ...patches.map((patch) => el("div", { class: `patch t${colour(patch[0].byte)}` }, ...patch.map(column))));
  drawn.style.setProperty("--line", line);
  return drawn;
}

const show = (one) => el("figure", {}, el("figcaption", { class: "count" }, `${counted(one.patches)} of ${plural(one.bytes.length, "byte")}, the line at ${one.line} bits`),
  picture(one));

const bitsAfter = ({ open }, char) => open[char.charCodeAt(0)];
const [CERTAIN, TOSS, THREE, EDGE, BIRD, HINDI] = ["queue quiz", "abacabac", "xaxbxaxc", "aab", "What a queer bird", "नमस्ते"];
const BITS = [1, 1.5, 2, 3];
const ENDS = ["after each space", "before each space", "after every fourth byte"];

const QUESTIONS = [
  {
    title: "What is certain", ask: "The small model has read this text only. How many bits are open after q?", given: CERTAIN, shown: [[CERTAIN, 0]],
    right: ([one]) => bitsAfter(one, "q"), told: () => ["None: q is always followed by u. What is certain costs nothing, so u never begins a patch."],
  },
  {
    title: "A toss", ask: "And how many are open after a in this text?", given: TOSS, shown: [[TOSS, 0.5]], right: ([one]) => bitsAfter(one, "a"),
    told: () => ["One: b and c come equally often, as heads and tails do."],
  },
  {
    title: "Three that follow", ask: "After x comes a half of the time, b a quarter, c a quarter. How many bits are open?", given: THREE, choices: BITS.map(String), shown: [[THREE, 1]],
    right: ([one]) => BITS.indexOf(bitsAfter(one, "x")),
    told: () => ["A byte of probability 1/2 costs one bit, one of 1/4 two: 1/2 · 1 + 1/4 · 2 + 1/4 · 2."],
  },
  {
    title: "On the line", ask: "The line stands at 1 bit. How many patches has this text?", given: EDGE, shown: [[EDGE, 1], [EDGE, 0.9]], right: ([one]) => one.patches.length,
    told: ([one, lower]) => [`${number(one.patches.length)}: after a, just 1 bit is open, and a patch begins where more are. A little lower, it has ${number(lower.patches.length)}.`],
  },
  {
    title: "Words that nobody named", ask: "The small model has read Shakespeare, and the line stands at 3.9 bits. Where do patches end?", given: BIRD, choices: ENDS,
    shown: [[BIRD, 3.9, "plays"]],
    right: ([one]) => [/ $/, /\S$/, /^.{4}$/].findIndex((end) => one.patches.slice(0, -1).every((patch) => end.test(String.fromCharCode(...patch.map(({ byte }) => byte))))),
    told: () => ["The first letter of a word is the hardest to guess. In GPT-2’s tokens the space stands before its word; in patches it stands after it."],
  },
  {
    title: "Another language", ask: "The same small model reads a Hindi word of 18 bytes. In how many patches?", given: HINDI, shown: [[HINDI, 3.9, "plays"]], right: ([one]) => one.patches.length,
    told: ([one]) => [`${number(one.patches.length)}: it has never seen these bytes, so all 8 bits are open after each.`],
  },
];

function draw(one) {
  byId("own").elements.line.textContent = `${one.line} bits`;
  const [steps, bytes] = [one.patches.length, one.bytes.length];
  byId("patches").replaceChildren(picture(one), el("p", { class: "length", "aria-live": "polite" }, el("b", {}, number(steps)), ` step${steps === 1 ? "" : "s"} for ${plural(bytes, "byte")}`));
}

askAll(QUESTIONS, made, show);
linksOn({ lesson: "lesson-18.html", what: "Write count_next and patches yourself", next: "index.html", then: "The same text as tokens, in the playground" });
await ownText(({ text, bits, read }) => made([text.value, Number(bits.value), read.value]), draw);
