// A text that changes, and its ids. Places are those of JavaScript's strings, in code units of UTF-16.

import { decoder, list, NONE } from "./engine.js";
import { MinitokError } from "./errors.js";

const unreachableSessions = new FinalizationRegistry(({ engine, number }) => {
  if (!engine.failure) engine.call("session_close", [], number);
});

export class Session {
  constructor(engine, number) {
    Object.assign(this, { engine, number });
    unreachableSessions.register(this, { engine, number }, this);
  }

  static open({ engine }, tokenizer, text, { allowed, disallowed }) {
    const given = [whole(text), ...list(allowed), ...list(disallowed)];
    return new Session(engine, engine.numbers("session_open", given, tokenizer)[0]);
  }

  get length() {
    return this.facts()[0];
  }

  get local() {
    return this.facts()[2] === 1;
  }

  append(text) {
    return this.edit(this.length, this.length, text);
  }

  edit(start, end, text) {
    return spliced(this.ask("session_edit", [whole(text)], place(start), place(end)));
  }

  set(text) {
    return spliced(this.ask("session_set", [whole(text)]));
  }

  text(start = 0, end = this.length) {
    return decoder.decode(this.engine.call("session_text", [], this.opened(), place(start), place(end)));
  }

  ids(start = 0, end = this.facts()[1]) {
    return this.ask("session_ids", [], place(start), place(end));
  }

  encode(start = 0, end = this.length) {
    return this.ask("session_encode", [], place(start), place(end), 0);
  }

  count(start = 0, end = this.length) {
    return this.ask("session_encode", [], place(start), place(end), 1)[0];
  }

  tokenAt(at) {
    if (!(at < this.length)) throw new RangeError(`${at} is not a place of a text of length ${this.length}`);
    const [found] = this.ask("session_token_at", [], place(at));
    if (found === NONE) throw new MinitokError("the tokens of this tokenizer do not spell the text");
    return found;
  }

  get stable() {
    this.checkTails();
    return this.ask("session_stable", [])[0];
  }

  covers() {
    this.checkTails();
    const [told, covers] = [this.ask("session_covers", []), []];
    for (let at = 0; at < told.length;) {
      const [kept, nExtra, nIds] = told.subarray(at, at + 3);
      at += 3 + nExtra + nIds;
      covers.push({ kept, extra: told.slice(at - nIds - nExtra, at - nIds), ids: told.slice(at - nIds, at) });
    }
    return covers;
  }

  fork() {
    return new Session(this.engine, this.ask("session_fork", [])[0]);
  }

  close() {
    if (this.number === NONE) return;
    unreachableSessions.unregister(this);
    this.engine.call("session_close", [], this.number);
    this.number = NONE;
  }

  // The length of the text, how many ids it has, whether a change costs what it touches, whether it is known what may follow.
  facts() {
    return this.ask("session_facts", []);
  }

  checkTails() {
    if (!this.facts()[3]) throw new MinitokError("what may follow is not known for this tokenizer, which changes text");
  }

  ask(name, given, ...numbers) {
    return this.engine.numbers(name, given, this.opened(), ...numbers);
  }

  opened() {
    if (this.number === NONE) throw new MinitokError("the session is closed");
    return this.number;
  }
}

// The text, which must not hold half of a surrogate pair: its other half could come with a later change.
function whole(text) {
  if (typeof text !== "string") throw new TypeError(`text must be a string, not ${typeof text}`);
  if (!text.isWellFormed()) throw new RangeError("the text contains a lone surrogate");
  return text;
}

function place(at) {
  if (!Number.isInteger(at) || at < 0 || at >= NONE) throw new RangeError(`${at} is not a place`);
  return at;
}

const spliced = ([start, removed, ...ids]) => ({ start, removed, ids: Uint32Array.from(ids) });
