// Text that knows where each of its characters comes from, as python/minitok/chat/provenance.py: what a template writes is trusted,
// what it is given is not. A character is the template's only if the template's own text has it there.

import { TemplateError } from "./lex.js";

// Where text comes from. `trusted` text may hold special tokens.
export const TEMPLATE = Object.freeze({ trusted: true, role: null, message: null, field: null, generated: false });
export const UNKNOWN = Object.freeze({ ...TEMPLATE, trusted: false });

// A template is a program, which may double a text, or a list, again and again: what it makes in all, and the longest text.
const MOST = { made: 50_000_000, text: 4_000_000, compared: 500_000_000 };
let made = 0;
let compared = 0;

export function beginMaking() {
  [made, compared] = [0, 0];
}

// Called with how many characters, or items, are made.
export function make(count) {
  made += count;
  if (count > MOST.text) throw new TemplateError(`it makes a text of more than ${MOST.text.toLocaleString("en")} characters`);
  if (made > MOST.made) throw new TemplateError(`it makes more than ${MOST.made.toLocaleString("en")} characters and items`);
}

// Called for each value that is looked at: a list may hold itself many times over.
export const visit = () => make(20);

// Called with how many characters a search has looked at.
function compare(count) {
  compared += count;
  if (compared > MOST.compared) throw new TemplateError(`it compares more than ${MOST.compared.toLocaleString("en")} characters`);
}

const isSpace = (char) => /^\s$/u.test(char) || char === "\x1c" || char === "\x1d" || char === "\x1e" || char === "\x1f" || char === "\x85";

// Characters are code points, as in Python.
export class Text {
  constructor(chars, origins) {
    make(chars.length);
    Object.assign(this, { chars, origins });
  }

  static of(text, origin = UNKNOWN) {
    const chars = [...text];
    return new Text(chars, chars.map(() => origin));
  }

  static join(parts, between = new Text([], [])) {
    make(parts.reduce((sum, part) => sum + part.length + between.length, 0));
    const [chars, origins] = [[], []];
    const add = (text) => {
      for (let at = 0; at < text.chars.length; at += 1) {
        chars.push(text.chars[at]);
        origins.push(text.origins[at]);
      }
    };
    parts.forEach((part, at) => {
      if (at) add(between);
      add(part);
    });
    return new Text(chars, origins);
  }

  get length() {
    return this.chars.length;
  }

  toString() {
    return this.chars.join("");
  }

  slice(start, end) {
    return new Text(this.chars.slice(start, end), this.origins.slice(start, end));
  }

  // Some characters, by their places.
  pick(places) {
    return new Text(places.map((at) => this.chars[at]), places.map((at) => this.origins[at]));
  }

  // Whether some text begins at a place.
  holds(text, at) {
    let same = 0;
    while (same < text.length && text.chars[same] === this.chars[at + same]) same += 1;
    compare(same + 1);
    return same === text.length;
  }

  // Where some text begins, from a place on; -1 where it does not.
  find(text, from = 0) {
    for (let at = from; at + text.length <= this.length; at += 1) if (this.holds(text, at)) return at;
    return -1;
  }

  rfind(text) {
    for (let at = this.length - text.length; at >= 0; at -= 1) if (this.holds(text, at)) return at;
    return -1;
  }

  strip(set = null, left = true, right = true) {
    const isOne = set === null ? isSpace : (char) => set.chars.includes(char);
    let [start, end] = [0, this.length];
    while (left && start < end && isOne(this.chars[start])) start += 1;
    while (right && end > start && isOne(this.chars[end - 1])) end -= 1;
    return this.slice(start, end);
  }

  // The parts between a separator, of which at most `most` count; without a separator, the words.
  split(separator, most = -1) {
    const parts = [];
    let done = 0;
    if (separator === null) {
      const text = this.strip(null, true, false);
      while (done < text.length) {
        let end = done;
        if (parts.length === most) return [...parts, text.slice(done).strip(null, false, true)];
        while (end < text.length && !isSpace(text.chars[end])) end += 1;
        parts.push(text.slice(done, end));
        while (end < text.length && isSpace(text.chars[end])) end += 1;
        done = end;
      }
      return parts;
    }
    for (let at = this.find(separator); at >= 0 && parts.length !== most; at = this.find(separator, done)) {
      parts.push(this.slice(done, at));
      done = at + separator.length;
    }
    return [...parts, this.slice(done)];
  }

  // The same from behind.
  rsplit(separator, most) {
    const parts = this.split(separator);
    const kept = most < 0 ? 0 : Math.max(0, parts.length - 1 - most);
    return kept ? [Text.join(parts.slice(0, kept + 1), separator), ...parts.slice(kept + 1)] : parts;
  }

  splitLines(keepEnds) {
    const lines = [];
    let start = 0;
    for (let at = 0; at < this.length; at += 1) {
      if (!/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/.test(this.chars[at])) continue;
      const end = this.chars[at] === "\r" && this.chars[at + 1] === "\n" ? at + 2 : at + 1;
      lines.push(this.slice(start, keepEnds ? end : at));
      start = end;
      at = end - 1;
    }
    return start < this.length ? [...lines, this.slice(start)] : lines;
  }

  replace(old, changed, most = -1) {
    if (!old.length) return Text.of(String(this).replaceAll(String(old), String(changed)));
    return Text.join(this.split(old, most), changed);
  }

  // Each character changed by itself, where that gives the whole changed; else text that comes from nowhere.
  changed(change) {
    const parts = this.chars.map((char, at) => Text.of(change(char), this.origins[at]));
    const [made, plain] = [Text.join(parts), change(String(this))];
    return String(made) === plain ? made : Text.of(plain);
  }
}

// The parts of a text that have one origin each, one after the other.
export function spansOf(text) {
  const spans = [];
  const key = ({ trusted, role, message, field, generated }) => JSON.stringify([trusted, role, message, field, generated]);
  let before = null;
  text.chars.forEach((char, at) => {
    const own = key(text.origins[at]);
    if (own === before) spans.at(-1).text.push(char);
    else spans.push({ ...text.origins[at], text: [char] });
    before = own;
  });
  return spans.map((span) => ({ ...span, text: span.text.join("") }));
}
