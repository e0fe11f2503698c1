// Which tokens are found in all text of a conversation, whoever wrote it (SPEC E8): python/minitok/chat_templates.py.

import { unescaped } from "./lex.js";

// The longest part of a token that is looked for where one of a template's strings begins or ends.
const LONGEST = 256;
const MARKER = /^\s*(?:<[|\uff5c].*|.*[|\uff5c]>|\[[A-Z_/]+\])\s*$/s;
const BRACKETED = /^\s*(?:[<\[{(].*[>\]})]|[|\uff5c].*[|\uff5c])\s*$/s;
const STRING = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/g;

// The names, given a tokenizer's tokens and the chat templates of its model, or null.
export function everywhere({ specialTokens, addedTokens }, chat) {
  const isSpace = (name) => /^\s+$/u.test(name);
  const spaces = [...Object.keys(specialTokens), ...Object.keys(addedTokens)].filter(isSpace);
  const has = chat !== null && Object.keys(chat.templates).length > 0;
  const mayWrite = has ? writer(chat) : () => false;
  const isMarker = (name) => (has ? MARKER : BRACKETED).test(name) || mayWrite(name);
  return [...spaces, ...Object.keys(addedTokens).filter((name) => !isSpace(name) && !isMarker(name))];
}

// Whether a template may write a token, whole or in parts, or the configuration names it.
function writer({ templates, tokens = {}, named = [] }) {
  const strings = Object.values(templates).flatMap(stringsOf);
  const whole = strings.join("\0");
  const known = new Set([...named, ...Object.values(tokens)]);
  const [begins, ends] = [new Set(), new Set()];
  for (const string of strings) {
    const chars = [...string];
    for (let size = 1; size <= Math.min(chars.length, LONGEST); size += 1) {
      begins.add(chars.slice(0, size).join(""));
      ends.add(chars.slice(-size).join(""));
    }
  }
  return (token) => {
    if (known.has(token) || whole.includes(token)) return true;
    if (/^[\p{L}\p{N}_\s]*$/u.test(token)) return false;
    const chars = [...token];
    const places = chars.map((_, at) => at + 1);
    return places.some((end) => end <= LONGEST && ends.has(chars.slice(0, end).join("")))
      && places.some((start) => chars.length - start <= LONGEST && start < chars.length && begins.has(chars.slice(start).join("")));
  };
}

// The texts of a template outside of its tags, and the strings inside.
function stringsOf(source) {
  const found = [];
  for (const [, text, code] of source.matchAll(/([^]*?)(\{[{%#][^]*?[}%#]\}|$)/g)) {
    found.push(text);
    if (/^\{[{%]/.test(code ?? "")) found.push(...[...code.matchAll(STRING)].map(([string]) => unescaped(string.slice(1, -1))));
    if (!text && !code) break;
  }
  return found.filter(Boolean);
}
