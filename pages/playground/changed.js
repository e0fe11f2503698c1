// What a change of the text does: to the text, and to its ids.

import { number } from "./dom.js";

// What a change of the text does to the ids: from `start` on, `removed` ids have gone, and the new ones end at `end`. The longest
// prefix stays, then the longest suffix (SPEC L2).
export function splice(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same += 1;
  return { start, removed: before.length - same - start, end: after.length - same };
}

// In words: how many tokens are others, of how many, or how many have gone. Nothing where all are as they were, or
// where none is: that is another text.
export function saying({ start, removed, end }, n) {
  if (end - start === n && n > 1) return null;
  if (end > start) return `${number(end - start)} of ${number(n)} changed`;
  return removed ? `${number(removed)} gone` : null;
}

const continues = (byte) => (byte & 0xc0) === 0x80;

// How one text becomes another, as the questions of the page have it: the bytes from `start` to `end` are put in the place of
// `removed`. Both texts are bytes, and no character is cut.
export function edited(before, after) {
  let { start, removed, end } = splice(before, after);
  let stop = start + removed;
  while (start > 0 && (continues(before[start]) || continues(after[start]))) start -= 1;
  while (stop < before.length && (continues(before[stop]) || continues(after[end]))) [stop, end] = [stop + 1, end + 1];
  return { start, end, removed: new TextDecoder("utf-8", { ignoreBOM: true }).decode(before.subarray(start, stop)) };
}
