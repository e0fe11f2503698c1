// What the pictures of merges say.

import { plural } from "../static/dom.js";

export const TRAINING = {
  bars: true, value: "count", caption: "the most frequent pairs", learnt: "The vocabulary: 256 bytes and",
  count: ({ rows }, n) => `Merge ${n + 1}: ${plural(rows.length, "different pair")}.`,
  choose: ({ value, ties }, pair) => [...pair, ` occurs ${plural(value, "time")}${ties > 1 ? ": a tie, so the smaller ids win" : ""}.`],
  join: ({ id }, pair, token) => [...pair, " → ", token, `, token ${id}.`],
  end: (n) => (n ? `Training stops after ${plural(n, "merge")}.` : "No pair occurs twice. Try a longer text."),
};

export const ENCODING = {
  bars: false, value: "rank", caption: "merges that are possible", learnt: "Made so far:",
  count: ({ rows }) => `${plural(rows.length, "merge")} possible.`,
  choose: ({ value }, pair) => [...pair, ` has the lowest rank, ${value}. Of several places, the leftmost is first.`],
  join: ({ id }, pair, token) => [...pair, " → ", token, `, token ${id}.`],
  end: (n) => (n ? `No merge is possible any more: ${plural(n, "merge")} in all.` : "No merge is possible: the bytes stay."),
};
