// A text that changes.

import assert from "node:assert/strict";
import test from "node:test";

import { getEncoding, MinitokError } from "minitok";

const tokenizer = await getEncoding("cl100k_base");

function applied(ids, { start, removed, ids: added }) {
  return [...ids.slice(0, start), ...added, ...ids.slice(start + removed)];
}

test("after every change the ids are those of the whole text", () => {
  const parts = ["a", " the", "\n", "123", "naïve", "東京", "🦀", "'s", "  ", ""];
  let state = 7;
  const below = (count) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state % count;
  };
  const session = tokenizer.session();
  let [text, ids] = ["", []];
  for (let step = 0; step < 2000; step += 1) {
    const starts = [...text].reduce((ends, one) => [...ends, ends.at(-1) + one.length], [0]);
    const first = below(starts.length);
    const [start, end] = [starts[first], starts[Math.min(starts.length - 1, first + below(4))]];
    const added = Array.from({ length: below(5) }, () => parts[below(parts.length)]).join("");
    text = text.slice(0, start) + added + text.slice(end);
    ids = applied(ids, session.edit(start, end, added));
    assert.deepEqual(ids, [...tokenizer.encode(text)]);
    if (text.length > 200) {
      text = text.slice(100).replace(/^[\udc00-\udfff]/, "");
      ids = applied(ids, session.set(text));
    }
    assert.equal(session.length, text.length);
  }
  assert.equal(session.text(), text);
  assert.deepEqual([...session.ids()], ids);
  session.close();
});

test("what Python's guide shows", () => {
  const session = tokenizer.session("The quick brown fox");
  assert.deepEqual(session.append(" jumps"), { start: 4, removed: 0, ids: Uint32Array.of(35308) });
  assert.deepEqual(session.edit(4, 9, "slow"), { start: 1, removed: 1, ids: Uint32Array.of(6435) });
  assert.equal(session.text(), "The slow brown fox jumps");
  assert.equal(session.text(4, 8), "slow");
  assert.deepEqual([session.count(4, 14), [...session.encode(4, 14)]], [2, [...tokenizer.encode("slow brown")]]);
  assert.deepEqual([...session.ids(1, 2)], [6435]);
  assert.equal(session.tokenAt(6), 1);
  assert.ok(session.local);
  const prompt = tokenizer.session("The link is https:/");
  assert.equal(prompt.stable, 4);
  const covers = prompt.covers().map(({ extra, ids }) => [...ids].map((id) => tokenizer.decode([...extra, id])).slice(0, 3));
  assert.deepEqual(covers, [["://", '://"', "://${"], [":/\n", ":/\n\n", ':/"']]);
});

test("a copy changes by itself", () => {
  const session = tokenizer.session("one two");
  const copy = session.fork();
  copy.append(" three");
  assert.deepEqual([session.text(), copy.text()], ["one two", "one two three"]);
  session.close();
  assert.throws(() => session.text(), new MinitokError("the session is closed"));
  assert.equal(copy.count(), 3);
});

test("special tokens are those of the whole session", () => {
  const session = tokenizer.session("a<|endof", { allowedSpecial: ["<|endoftext|>"] });
  assert.equal(session.append("text|>").ids.at(-1), 100257);
  const strict = tokenizer.session("a<|endof", { disallowedSpecial: "all" });
  assert.throws(() => strict.append("text|>"), /<\|endoftext\|>/);
  assert.equal(strict.text(), "a<|endof");
});

test("places and texts that are not there are refused", () => {
  const session = tokenizer.session("a🦀b");
  assert.throws(() => session.edit(0, 2, ""), /place 2 is between the two halves of a character/);
  assert.throws(() => session.edit(0, 9, ""), /0 to 9 is not a range of a text of length 4/);
  assert.throws(() => session.edit(-1, 2, ""), RangeError);
  assert.throws(() => session.append("\ud83e"), new RangeError("the text contains a lone surrogate"));
  assert.throws(() => session.append(1), TypeError);
  assert.throws(() => session.tokenAt(4), RangeError);
  assert.throws(() => session.ids(0, 99), /ids 0 to 99 are not in a session of/);
  assert.equal(session.text(), "a🦀b");
});
