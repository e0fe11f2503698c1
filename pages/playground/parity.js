// Training that is fair to several languages: reads the texts of each, and draws the bill of each before and after.

import { bar, el, number, table } from "./dom.js";
import { Refused } from "./refused.js";

// The parts of a text that begin with a line that is only the name of a language: [name, blob] of each.
export function partsOf(text, languages) {
  const [before, ...rest] = text.split(new RegExp(`^(${languages.join("|")})[ \\t]*\\r?$\\n?`, "m"));
  if (before.trim() || !rest.length) {
    throw new Refused("Before the text of each language must be a line with its name only, such as English; "
      + "see the example “four languages”.");
  }
  return rest.flatMap((name, at) => (at % 2 ? [] : [[name, new Blob([rest[at + 1]])]]));
}

// Files that are named by languages.
export const partsIn = (files) => [...files].map((file) => [file.name.replace(/\.[^.]*$/, ""), file]);

// A row for each language, and one for all.
export function drawn(bill) {
  const counts = Object.entries(bill);
  const most = Math.max(...counts.flatMap(([, both]) => both));
  const all = [0, 1].map((at) => counts.reduce((sum, [, both]) => sum + both[at], 0));
  const change = ([before, after]) => {
    const percent = Math.round(100 * (after / before - 1));
    return `${percent < 0 ? "−" : percent > 0 ? "+" : ""}${Math.abs(percent)} %`;
  };
  const named = (name, both) => el("div", { class: "compared" }, name, el("div", {}, ...both.map((count) => bar(count / most))));
  const numbers = (both) => [...both.map(number), change(both)];
  const rows = counts.map(([language, both]) => [named(language, both), ...numbers(both)]);
  const head = ["Language", "Plain", "Parity", "Change"];
  return [
    el("h3", {}, "The bill of each language"),
    el("p", { class: "count" }, "Tokens of articles 21 to 30 of the declaration; articles 1 to 20 say which language is worst off. "
      + "The upper bar is plain training, the lower one parity."),
    table("tokens by language, after plain training and with parity", head, [...rows, ["together", ...numbers(all)]], [1, 2, 3]),
  ];
}
