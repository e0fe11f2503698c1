// The questions of lesson 1. None holds an answer: what is right follows from the tokens, which the core makes when it is asked.
//
// `shown` are texts, each under some encodings; `told` is called with what was made of them, in that order: { text, ids, tokens,
// vocabSize }, tokens as strings in which everything can be seen. `right` gives the right number, or the number of the right choice.

import { plural } from "../static/dom.js";

const [GPT2, GPT4O] = ["gpt2", "o200k_base"];
const FOX = "The quick brown fox jumps over the lazy dog.";
const SPACED = "The quick brown  fox jumps over the lazy dog.";
const HINDI = "नमस्ते";
const [STRAIGHT, CURLY] = ["How's your day going so far?", "How’s your day going so far?"];
const SUM = "127 + 677";

const count = (one) => one.ids.length;
const tokens = (one) => plural(count(one), "token");
const digitsIn = (one) => one.tokens.map((token) => token.replace(/\D/g, "")).filter(Boolean);

// Whether digits are cut one by one (0), number by number (1), or otherwise (2).
function cutOfDigits(one) {
  const digits = digitsIn(one);
  if (digits.every((part) => part.length === 1)) return 0;
  return digits.join(" ") === one.text.match(/\d+/g).join(" ") ? 1 : 2;
}

export const QUESTIONS = [
  {
    title: "Words and spaces",
    ask: "How many tokens does this sentence take?",
    given: FOX,
    shown: [[FOX, GPT2], [" quick", GPT2], ["quick", GPT2]],
    right: ([fox]) => count(fox),
    told: ([fox, spaced, bare]) => [
      `${tokens(fox)}: one for each word, and one for the full stop. You may have read that spaces between words are not tokens. It is `
      + `more accurate to say that each space belongs to the word after it: “${fox.tokens[1]}” is one token.`,
      `With its space, “${spaced.tokens[0]}” has index ${spaced.ids[0]}. Without, “${bare.tokens.join("")}” has index ${bare.ids.join(", ")}. `
      + "To the model these are as different as any two numbers, until training teaches it that they mean the same.",
    ],
  },
  {
    title: "One space more",
    ask: "The same sentence, with two spaces before “fox”. How many more tokens does it take?",
    given: SPACED,
    shown: [[SPACED, GPT2], [FOX, GPT2]],
    right: ([spaced, fox]) => count(spaced) - count(fox),
    told: ([spaced, fox]) => [
      `${tokens(spaced)} instead of ${count(fox)}. A word takes one space with it; the space left over is a token by itself.`,
    ],
  },
  {
    title: "Two apostrophes",
    ask: "The same question, typed with a straight apostrophe and set with a curly one. Which takes more tokens in GPT-2?",
    given: `${STRAIGHT}\n${CURLY}`,
    choices: ["the straight one", "the curly one", "both take the same number"],
    shown: [[STRAIGHT, GPT2], [CURLY, GPT2], [CURLY, GPT4O]],
    right: ([straight, curly]) => (count(straight) === count(curly) ? 2 : count(straight) > count(curly) ? 0 : 1),
    told: ([straight, curly, newer]) => [
      `${count(straight)} against ${count(curly)}. Text is stored as bytes: the straight apostrophe is one byte, the curly one is three. `
      + `A vocabulary of bytes can write anything, but not every character has a token: “${curly.tokens[1]}” is a part of one.`,
      `GPT-4o, whose vocabulary is ${Math.round(newer.vocabSize / curly.vocabSize)} times as large, needs ${tokens(newer)}.`,
    ],
  },
  {
    title: "A fruit",
    ask: "How many tokens does this word take at the beginning of a prompt?",
    given: "strawberry",
    shown: [["strawberry", GPT2], ["I like strawberry", GPT2]],
    right: ([bare]) => count(bare),
    told: ([bare, within]) => [
      `${tokens(bare)} at the beginning, where no space stands before it. In the middle of a sentence it is “${within.tokens.at(-1)}”: the `
      + "word with a space before it is frequent enough to be a token, the word without is not.",
      `Either way the model does not see letters. To say how many r’s there are, it must have learnt that about ${bare.ids.join(", ")} and `
      + `about ${within.ids.at(-1)}. This is why models stumble over such questions.`,
    ],
  },
  {
    title: "A sum",
    ask: "How are the digits cut?",
    given: SUM,
    choices: ["digit by digit", "number by number", "otherwise"],
    shown: [[SUM, GPT2], [SUM, GPT4O]],
    right: ([older]) => cutOfDigits(older),
    told: ([older, newer]) => [
      `GPT-2 sees ${digitsIn(older).join(", ")}; GPT-4o sees ${digitsIn(newer).join(", ")}, and cuts longer numbers after every third digit. `
      + "Adding column by column is hard when the columns were cut by what was frequent on the web.",
    ],
  },
  {
    title: "Another language",
    ask: `“Hello” is one token in GPT-2. How many does this Hindi greeting take? It has ${[...HINDI].length} code points.`,
    given: HINDI,
    shown: [[HINDI, GPT2], [HINDI, GPT4O], ["Hello", GPT2]],
    right: ([older]) => count(older),
    told: ([older, newer, hello]) => [
      `${count(older)}, against ${count(hello)} for “Hello”. Each code point is three bytes, and GPT-2’s vocabulary, learnt mostly from English, `
      + "has tokens only for parts of them.",
      `In GPT-4o it takes ${count(newer)}. Prices and context lengths are counted in tokens, so in GPT-2 the same conversation costs several `
      + "times as much in Hindi.",
    ],
  },
];
