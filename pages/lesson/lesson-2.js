// Lesson 2: how a text is written in bytes. Predict, then reveal; then a text of the reader's own.

import { byId, el, plural, table } from "../static/dom.js";
import { mark } from "../static/visible.js";
import { askAll, linksOn, ownText } from "./predict.js";

const MOST_SHOWN = 200;
const encoder = new TextEncoder();
const hexOf = (byte) => byte.toString(16).padStart(2, "0");
const continues = (byte) => byte >> 6 === 0b10;

// A text as its code points, each with its bytes.
function written(text) {
  const points = [...text].map((char) => ({ char, code: char.codePointAt(0), bytes: [...encoder.encode(char)] }));
  return { text, points, bytes: points.flatMap(({ bytes }) => bytes) };
}

// The bits of a byte; those that say what it is are marked.
function bits(byte, length) {
  const all = byte.toString(2).padStart(8, "0");
  const told = continues(byte) ? 2 : length === 1 ? 1 : length + 1;
  return el("span", {}, el("b", {}, all.slice(0, told)), all.slice(told), " ");
}

function show({ points, bytes }) {
  const rows = points.slice(0, MOST_SHOWN).map(({ char, code, bytes: own }) => [
    mark(encoder.encode(char)), `U+${code.toString(16).toUpperCase().padStart(4, "0")}`, own.join(" "), own.map(hexOf).join(" "),
    el("code", {}, ...own.map((byte) => bits(byte, own.length))),
  ]);
  return el("figure", {},
    el("figcaption", { class: "count" }, `${plural(points.length, "code point")}, ${plural(bytes.length, "byte")}`),
    table("code points and their bytes", ["character", "code point", "bytes", "hexadecimal", "bits"], rows));
}

const count = ({ bytes }) => bytes.length;
const [COMPOSED, APART] = ["caf\u00e9", "cafe\u0301"];
const [ENGLISH, HINDI] = ["shop", "दुकान"];

export const QUESTIONS = [
  {
    title: "A letter with an accent", ask: "How many bytes does this letter take?", given: "é",
    shown: ["é", "e"], right: ([accented]) => count(accented),
    told: ([accented, plain]) => [`${count(accented)}, against ${count(plain)} for the plain letter: only the first 128 code points, those of ASCII, take one byte.`],
  },
  {
    title: "A Chinese character", ask: "And this character?", given: "漢", shown: ["漢"], right: ([one]) => count(one),
    told: ([one]) => [`${count(one)}. The first byte says how many there are, each other one says that it goes on.`],
  },
  {
    title: "A crab", ask: "And this one?", given: "🦀", shown: ["🦀"], right: ([one]) => count(one),
    told: ([one]) => [`${count(one)}, the most there are: its code point lies beyond the first 65,536.`],
  },
  {
    title: "Two that look alike", ask: "Do these two words have the same bytes?", given: `${COMPOSED}\n${APART}`, choices: ["yes", "no"],
    shown: [COMPOSED, APART], right: ([one, other]) => (String(one.bytes) === String(other.bytes) ? 0 : 1),
    told: ([one, other]) => [`The first ends with one code point, the second with two, an e and an accent that is put on it: ${count(one)} bytes and ${count(other)}. `
      + "Whoever makes the second into the first has changed the text."],
  },
  {
    title: "Where a character begins", ask: "Of the bytes of these two characters, how many begin a character?", given: "漢🦀",
    shown: ["漢🦀"], right: ([one]) => one.bytes.filter((byte) => !continues(byte)).length,
    told: ([one]) => [`${one.points.length} of ${count(one)}. A tokenizer of bytes may cut anywhere, also within a character; then a token by itself is not text.`],
  },
  {
    title: "Two words for a shop", ask: `The English word has ${[...ENGLISH].length} bytes. How many does the Hindi word have?`, given: `${ENGLISH}\n${HINDI}`,
    shown: [HINDI, ENGLISH], right: ([hindi]) => count(hindi),
    told: ([hindi, english]) => [`${count(hindi)} for ${hindi.points.length} code points, against ${count(english)} for ${english.points.length}. Before a single `
      + "merge is learnt, one language is longer than the other."],
  },
];

askAll(QUESTIONS, written, show);
linksOn({ lesson: "lesson-02.html", what: "Write text_to_bytes yourself", next: "lesson-3.html", then: "Lesson 3: pairs" });
await ownText(({ text }) => written(text.value), (one) => byId("bytes").replaceChildren(show(one)));
