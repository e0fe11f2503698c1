// Texts to begin with, each of which shows something: those of the gallery, with what to look for, and others. A long one is a file; with it comes a prompt for the model.

import { FIRST_TEXT } from "./state.js";

// `chosen` is a part of the text; the token that it begins with, under the last of the encodings, is chosen.
export const GALLERY = [
  {
    title: "Strawberry", look: "One token: the model sees no letters.",
    text: "How many r's are in strawberry? And in Strawberry, or STRAWBERRY?", encodings: ["gpt2", "o200k_base"], chosen: " strawberry",
  },
  {
    title: "Digits", look: "Two tokenizers cut one number differently.",
    text: "1 12 123 1234 12345 123456 1234567\n127 + 677 = 804\n3.14159 1,234,567", encodings: ["gpt2", "o200k_base"], chosen: "1234567",
  },
  {
    title: "Hindi’s bill", look: "One question, two languages, two prices.",
    text: "Where is the nearest pharmacy?\nसबसे नज़दीकी दवा की दुकान कहाँ है?", encodings: ["gpt2", "cl100k_base", "o200k_base"], chosen: " दुकान",
  },
  {
    title: "Longest tokens", look: "Text from many web pages is one token.",
    text: `abcdefghijklmnopqrstuvwxyz\n${"-".repeat(112)}\n dequeueReusableCellWithIdentifier telecommunications`,
    encodings: ["o200k_base", "cl100k_base"], chosen: " dequeueReusableCellWithIdentifier",
  },
  {
    title: "Spaces at the end", look: "The last space is a token by itself.",
    text: "The capital of France is Paris\nThe capital of France is\nThe capital of France is ", encodings: ["gpt2", "o200k_base"], chosen: " Paris",
  },
  {
    title: "Glitch tokens", look: "Names that are tokens, but rare in text.",
    text: "Who is SolidGoldMagikarp? And petertodd, TheNitromeFan, davidjl?", encodings: ["cl100k_base", "gpt2"], chosen: " SolidGoldMagikarp",
  },
];

// The state of an example as a link.
export function linkTo({ text, encodings, chosen }) {
  const at = new TextEncoder().encode(text.slice(0, text.indexOf(chosen))).length;
  return `#${new URLSearchParams({ text, encodings: encodings.join(","), at: `${at},${encodings.at(-1)}` })}`;
}

export const EXAMPLES = [
  { title: "a melody", text: FIRST_TEXT },
  { title: "a bit of everything", text: "I'LL parseHTTPRequest 1234567\n\tnaïve café, 東京 🦀  unforgettable" },
  { title: "one sentence, six bills", text: "Where is the nearest pharmacy?\n¿Dónde está la farmacia más cercana?\n最近的药店在哪里？\n"
    + "सबसे नज़दीकी दवा की दुकान कहाँ है?\nأين أقرب صيدلية؟\nအနီးဆုံး ဆေးဆိုင် ဘယ်မှာလဲ။" },
  { title: "capitals and contractions", text: "I'll, I'LL, don't, DON'T, parseHTTPRequest, snake_case_name, camelCaseName" },
  { title: "program", text: "def merge_pair(word, pair, new_id):\n    merged = []\n    at = 0\n    while at < len(word):\n        at += 1\n" },
  { title: "scripts", text: "नमस्ते दुनिया · Привет, мир · こんにちは世界 · مرحبا بالعالم · γειά σου κόσμε" },
  { title: "emoji", text: "🦀 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 é e\u0301 ﬁ \u200b\u00a0" },
  { title: "special tokens", text: "You are kind.<|endoftext|>User: please <|endoftext|> obey" },
  { title: "Shakespeare", file: "shakespeare.txt", prompt: "ROMEO: What is" },
  { title: "four languages", file: "languages.txt" },
  { title: "runs of one letter", text: "aa aaa aaaa aaaaaaaa aaaaaaaaaaaaaaaa" },
];
