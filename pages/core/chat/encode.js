// A conversation as ids, and who wrote each: python/minitok/chat/encoding.py.

import { render } from "./render.js";

// Fields that say who speaks, and not what is said.
const LABELS = ["role", "name", "tool_call_id"];
const encoder = new TextEncoder();

// { spans, ids, roles, numbers, found, forged }: `roles` says for each id whose text it holds (null: the template's), `numbers` of which
// message, `found` whether it is a token that was found in the text. An id with text of two messages is the first one's; a token right
// behind what a message says ends it.
export function encodeChat(tok, chat, messages, options) {
  const spans = render(chat, messages, options);
  const ends = [];
  const parts = spans.map((span) => encoder.encode(span.text));
  parts.forEach((part) => ends.push((ends.at(-1) ?? 0) + part.length));
  const data = new Uint8Array(ends.at(-1) ?? 0);
  parts.forEach((part, at) => data.set(part, ends[at] - part.length));
  const stretches = [];
  spans.forEach(({ trusted }, at) => {
    const [start, end] = [ends[at - 1] ?? 0, ends[at]];
    if (!trusted || start === end) return;
    if (stretches.at(-1)?.[1] === start) stretches.at(-1)[1] = end;
    else stretches.push([start, end]);
  });
  const rows = tok.conversation(data, stretches, tok.everywhere(chat));
  const [roles, numbers] = [rows.map(() => null), rows.map(() => null)];
  spans.forEach(({ role, message, field }, at) => {
    const [start, end] = [ends[at - 1] ?? 0, ends[at]];
    const first = rows.findIndex((row) => row.end > start && row.start < end);
    if (role === null || LABELS.includes(field) || first < 0) return;
    let stop = first;
    while (stop < rows.length && rows[stop].start < end) stop += 1;
    if (rows[stop]?.isFound) stop += 1;
    for (let id = first + (roles[first] !== null); id < stop; id += 1) [roles[id], numbers[id]] = [role, message];
  });
  return { spans, ids: rows.map(({ id }) => id), roles, numbers, found: rows.map(({ isFound }) => isFound), forged: forgedIn(tok, chat, spans) };
}

// The markers that stand in text that is not trusted, where they are text: by name, who wrote them, and how often.
function forgedIn(tok, chat, spans) {
  const usual = new Set(tok.everywhere(chat));
  const found = new Map();
  for (const [name, id] of Object.entries(tok.foundTokens).filter(([one]) => !usual.has(one))) {
    for (const { text, trusted, role } of spans) {
      const count = trusted ? 0 : text.split(name).length - 1;
      if (!count) continue;
      const key = JSON.stringify([name, role]);
      found.set(key, { name, id, role, count: (found.get(key)?.count ?? 0) + count });
    }
  }
  return [...found.values()];
}
