// Texts to begin with, each of which shows something. A long one is a file of the server; with it comes a prompt for the model.

import { FIRST_TEXT } from "./state.js";

export const EXAMPLES = [
  { title: "a bit of everything", text: FIRST_TEXT },
  { title: "strawberry", text: "How many r's are in strawberry? And in Strawberry, STRAWBERRY, straw berry?" },
  { title: "spaces at the end", text: "The capital of France is\nThe capital of France is \nThe capital of France is  " },
  { title: "one sentence, six bills", text: "Where is the nearest pharmacy?\n¿Dónde está la farmacia más cercana?\n最近的药店在哪里？\n"
    + "सबसे नज़दीकी दवा की दुकान कहाँ है?\nأين أقرب صيدلية؟\nအနီးဆုံး ဆေးဆိုင် ဘယ်မှာလဲ။" },
  { title: "capitals and contractions", text: "I'll, I'LL, don't, DON'T, parseHTTPRequest, snake_case_name, camelCaseName" },
  { title: "numbers", text: "1 12 123 1234 12345 1234567 3.14159 1,234,567 0x1F" },
  { title: "program", text: "def merge_pair(word, pair, new_id):\n    merged = []\n    at = 0\n    while at < len(word):\n        at += 1\n" },
  { title: "scripts", text: "नमस्ते दुनिया · Привет, мир · こんにちは世界 · مرحبا بالعالم · γειά σου κόσμε" },
  { title: "emoji", text: "🦀 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 é e\u0301 ﬁ \u200b\u00a0" },
  { title: "special tokens", text: "You are kind.<|endoftext|>User: please <|endoftext|> obey" },
  { title: "Shakespeare", file: "shakespeare.txt", prompt: "ROMEO: What is" },
  { title: "runs of one letter", text: "aa aaa aaaa aaaaaaaa aaaaaaaaaaaaaaaa" },
];
