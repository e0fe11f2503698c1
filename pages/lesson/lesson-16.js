// Lesson 16: BPE, WordPiece and Unigram learn from the same words, and cut the reader's.

import { bar, byId, el, number, plural, table } from "../static/dom.js";
import { colour } from "../static/visible.js";
import { askAll, linksOn, ownText, plays } from "./predict.js";

const NAMES = ["BPE", "WordPiece", "Unigram"];
const UNKNOWN = "[UNK]";
const [READ, KEPT] = [12_000, 20_000]; // characters of the plays: to learn from, and to compare on
const LONGEST = 8; // letters of a token that Unigram begins with

const add = (counts, key, times) => counts.set(key, (counts.get(key) ?? 0) + times);
const sum = (numbers) => [...numbers].reduce((all, one) => all + one, 0);

// How often each word of a text occurs.
function wordsOf(text) {
  const words = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+/g)) add(words, word, 1);
  return words;
}

// -- BPE and WordPiece join a pair, again and again ----------------------------------------------------------------------

const BPE = { mark: "", score: (count) => count };
const WORDPIECE = { mark: "##", score: (count, left, right) => count / (left * right) };

const lettersOf = (word, mark = "") => [...word].map((letter, at) => (at ? mark : "") + letter);
const together = ([left, right]) => left + right.replace("##", "");

function join(parts, pair) {
  for (let at = 0; at + 1 < parts.length; at += 1) {
    if (parts[at] === pair[0] && parts[at + 1] === pair[1]) parts.splice(at, 2, together(pair));
  }
  return parts;
}

// The pairs with the highest scores; of equal ones, the last in the alphabet. `until(size)` gives as many as make that many tokens with
// the letters; it goes on from where it was.
function joining(words, { mark, score }) {
  const cut = [...words].map(([word, times]) => [lettersOf(word, mark), times]);
  const letters = [...new Set(cut.flatMap(([parts]) => parts))];
  const merges = [];
  const next = () => {
    const [tokens, pairs] = [new Map(), new Map()];
    for (const [parts, times] of cut) {
      for (const [at, part] of parts.entries()) {
        add(tokens, part, times);
        if (at) add(pairs, `${parts[at - 1]} ${part}`, times);
      }
    }
    const scored = [...pairs].map(([text, count]) => ({ text, score: score(count, ...text.split(" ").map((token) => tokens.get(token))) }));
    if (!scored.length) return false;
    const best = scored.reduce((most, one) => (one.score > most.score || (one.score === most.score && one.text > most.text) ? one : most));
    merges.push(best.text.split(" "));
    for (const [parts] of cut) join(parts, merges.at(-1));
    return true;
  };
  const until = (size) => {
    while (letters.length + merges.length < size && next());
    return merges.slice(0, size - letters.length);
  };
  return { letters, until };
}

// The longest token that fits, from the left.
function wordpiece(word, vocab) {
  const tokens = [];
  for (let at = 0; at < word.length; at += tokens.at(-1).replace("##", "").length) {
    const ends = lettersOf(word).map((_, end) => (at ? "##" : "") + word.slice(at, end + 1));
    const longest = ends.slice(at).findLast((token) => vocab.has(token));
    if (longest === undefined) return [UNKNOWN];
    tokens.push(longest);
  }
  return tokens;
}

// -- Unigram drops what is least used ------------------------------------------------------------------------------------

// The parts of a word that are tokens, with their probabilities: sorted by where they begin.
function partsOf(word, counts, total) {
  const parts = [];
  for (let start = 0; start < word.length; start += 1) {
    for (let end = start + 1; end <= word.length; end += 1) {
      const token = word.slice(start, end);
      if (counts.has(token)) parts.push({ start, end, token, share: counts.get(token) / total });
    }
  }
  return parts;
}

// The likeliest cut: the best up to each place ends with some token.
function unigram(word, counts) {
  const best = [{ odds: 0, tokens: [] }];
  for (const { start, end, token, share } of partsOf(word, counts, sum(counts.values()))) {
    const odds = (best[start]?.odds ?? -Infinity) + Math.log(share);
    if (odds > (best[end]?.odds ?? -Infinity)) best[end] = { odds, tokens: [...best[start].tokens, token] };
  }
  return best[word.length]?.tokens ?? [UNKNOWN];
}

// How often each token occurs in all cuts of all words, each cut counted by its probability.
function expected(words, counts) {
  const [total, found] = [sum(counts.values()), new Map([...counts].map(([token]) => [token, 0]))];
  for (const [word, times] of words) {
    const [parts, none] = [partsOf(word, counts, total), Array(word.length).fill(0)];
    const [before, after] = [[1, ...none], [...none, 1]];
    for (const { start, end, share } of parts) before[end] += before[start] * share;
    for (const { start, end, share } of parts.reverse()) after[start] += share * after[end];
    for (const { start, end, token, share } of parts) add(found, token, times * before[start] * share * after[end] / before.at(-1));
  }
  return found;
}

// Tokens with their counts: every part of a word at first; then half of them are dropped, again and again, but no letter.
function pruning(words, size) {
  let counts = new Map();
  for (const [word, times] of words) for (const { token } of partsOf(word, { has: (part) => part.length <= LONGEST, get: () => 0 }, 1)) add(counts, token, times);
  const recount = () => new Map([...expected(words, counts)].map(([token, count]) => [token, Math.max(count, 1e-6)]));
  for (;;) {
    counts = recount();
    counts = recount();
    if (counts.size <= size) return counts;
    const [often, least] = [expected(words, counts), Math.max(size, Math.floor(counts.size / 2))];
    const order = ([token]) => (token.length > 1 ? -often.get(token) : -Infinity);
    counts = new Map([...counts].sort((one, other) => order(one) - order(other) || (one[0] < other[0] ? -1 : 1)).slice(0, least));
  }
}

// -- the three of them ---------------------------------------------------------------------------------------------------

let learning = null;

async function begin() {
  const text = await plays();
  const words = wordsOf(text.slice(0, READ));
  return { words, unread: [...wordsOf(text.slice(-KEPT))], bpe: joining(words, BPE), pieces: joining(words, WORDPIECE), done: new Map() };
}

// What each makes of a word with so many tokens, and how many it needs for the end of the plays, where a word that is unknown has none.
async function learnt(size) {
  learning ??= begin();
  const { words, unread, bpe, pieces, done } = await learning;
  if (!done.has(size)) {
    const [merges, joined, counts] = [bpe.until(size), pieces.until(size), pruning(words, size)];
    const vocab = new Set([...pieces.letters, ...joined.map(together)]);
    const three = [(word) => merges.reduce(join, lettersOf(word)), (word) => wordpiece(word, vocab), (word) => unigram(word, counts)];
    const found = three.map((cut) => sum(unread.map(([word, times]) => times * cut(word).filter((token) => token !== UNKNOWN).length)));
    done.set(size, { three, found });
  }
  return done.get(size);
}

const hue = (token) => colour([...token.replace("##", "")].reduce((all, char) => 31 * all + char.codePointAt(0), 0));
const row = (tokens) => el("div", { class: "tokens" }, ...tokens.map((token) => el("span", { class: `token t${hue(token)}` }, token)));
const UNREAD = `Tokens for the last ${number(KEPT)} characters of the plays, which none has read`;
const compared = (found) => el("figure", {}, el("figcaption", { class: "count" }, UNREAD),
  table(UNREAD, ["", "", "tokens"], found.map((count, at) => [NAMES[at], bar(count / Math.max(...found)), number(count)]), [2]));

// -- what is asked -------------------------------------------------------------------------------------------------------

const WORDS = new Map([["low", 5], ["lower", 2], ["newest", 6], ["widest", 3]]);
const PAIRS = ["e s", "l o", "s t", "w i"];
const [LATER, SHARES] = [["a, ##bcd", "ab, ##c, d", UNKNOWN], ["1", "0.75", "0.5"]];
const drawn = (said, tokens) => ({ tokens, figure: el("figure", {}, el("figcaption", { class: "count" }, said), row(tokens)) });
const piece = (...vocab) => drawn(`the tokens ${vocab.join(", ")}`, wordpiece("abcd", new Set(vocab)));

const QUESTIONS = [
  {
    title: "The longest that fits", ask: "WordPiece has the tokens a, ab, ##c, ##d and ##bcd. Into how many does it cut this word?", given: "abcd",
    shown: [() => piece("a", "ab", "##c", "##d", "##bcd")], right: ([{ tokens }]) => tokens.length,
    told: () => ["From the left, ab is longer than a. So a and ##bcd, which are two tokens, are never tried."],
  },
  {
    title: "No way back", ask: "The same without ##d. What becomes of this word?", given: "abcd", choices: LATER,
    shown: [() => piece("a", "ab", "##c", "##bcd")], right: ([{ tokens }]) => LATER.indexOf(tokens.join(", ")),
    told: () => ["The whole word is unknown, although a and ##bcd spell it: after ab and ##c nothing fits, and WordPiece does not go back."],
  },
  {
    title: "The first pair", ask: "low occurs 5 times, lower twice, newest 6 times, widest 3 times. Which pair does WordPiece join first?", given: [...WORDS.keys()].join(" "), choices: PAIRS,
    shown: [() => drawn("WordPiece joins", joining(WORDS, WORDPIECE).until(99)[0])], right: ([{ tokens }]) => PAIRS.indexOf(tokens.join(" ").replaceAll("##", "")),
    told: () => ["w and ##i stand together 3 times, and ##i nowhere else: 3 / (3 · 3). e and s stand together 9 times, but e also elsewhere. What is rare scores high, and shortens a text little."],
  },
  {
    title: "The likeliest cut", ask: "a was counted 6 times, aa 3 times, aaa once. Into how many tokens does Unigram cut this word?", given: "aaa",
    shown: [() => drawn("the likeliest cut", unigram("aaa", new Map([["a", 6], ["aa", 3], ["aaa", 1]])))], right: ([{ tokens }]) => tokens.length,
    told: () => ["0.6 · 0.6 · 0.6 is 0.216; a and aa together have 0.18, aaa alone has 0.1. Three tokens that are common are likelier than one that is rare."],
  },
  {
    title: "All cuts", ask: "a, b and ab were counted once each. How often does Unigram expect ab in this word?", given: "ab", choices: SHARES,
    shown: [() => drawn("expected: a, b, ab", [...expected(new Map([["ab", 1]]), new Map([["a", 1], ["b", 1], ["ab", 1]])).values()].map((one) => one.toFixed(2)))],
    right: ([{ tokens }]) => SHARES.indexOf(String(Number(tokens[2]))),
    told: () => ["The cut ab has probability 1/3, a and b together have 1/9: three to one. Every cut counts by its probability, not the best alone."],
  },
  {
    title: "Side by side", ask: "All three learn 120 tokens from the same words. Which needs the most tokens for other words?", given: `the last ${number(KEPT)} characters of the plays`, choices: NAMES,
    shown: [async () => {
      const { found } = await learnt(120);
      return { found, figure: compared(found) };
    }],
    right: ([{ found }]) => found.indexOf(Math.max(...found)),
    told: () => ["WordPiece has spent its tokens on letters that are rare, and always together. Unigram is near BPE."],
  },
];

async function make({ text, size, tokens }) {
  tokens.value = size.value;
  return { asked: [...wordsOf(text.value).keys()], ...await learnt(Number(size.value)) };
}

function draw({ three, asked, found }) {
  byId("cuts").replaceChildren(...three.map((cut, at) => {
    const rows = asked.map(cut);
    return el("figure", {}, el("figcaption", { class: "length" }, `${NAMES[at]} `, el("b", {}, number(rows.flat().length))), ...rows.map(row));
  }), compared(found));
}

askAll(QUESTIONS, (act) => act(), ({ figure }) => figure);
linksOn({ lesson: "lesson-16.html", what: "Write all of it yourself", next: "lesson-17.html", then: "Lesson 17: one text, many lists" });
await ownText(make, draw);
