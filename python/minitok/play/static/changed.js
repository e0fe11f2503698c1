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

// In words: how many tokens are others, of how many, or how many have gone. Nothing where all are as they were.
export function saying({ start, removed, end }, n) {
  if (end > start) return `${end - start} of ${n} changed`;
  return removed ? `${removed} gone` : null;
}
