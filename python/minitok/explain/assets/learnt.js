// One merge of a training: the pairs with most places, and the one that was chosen.

import { bar, el, number, plural, table } from "./dom.js";
import { mark } from "./visible.js";

export function learntBy(merge, bytesOf) {
  const named = ([left, right]) => el("span", {}, el("b", {}, mark(bytesOf(left))), " + ", el("b", {}, mark(bytesOf(right))));
  const most = Math.max(1, merge.count);
  const ties = merge.ties > 1 ? ` ${number(merge.ties)} pairs share the highest count; the rule chose.` : "";
  const rows = merge.candidates.map(([left, right, count]) => [
    named([left, right]), number(count), bar(count / most),
    left === merge.pair[0] && right === merge.pair[1] ? "chosen" : count === merge.count ? "tie" : "",
  ]);
  return [
    el("p", {}, named(merge.pair), ` make id ${merge.id}: ${plural(merge.count, "place")}, in `,
      `${plural(merge.words, "distinct piece")}.${ties}`),
    table("the most frequent pairs", ["pair", "count", "", ""], rows, [1]),
  ];
}
