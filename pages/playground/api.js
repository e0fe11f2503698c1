// What the page asks. Of several requests of one kind only the last counts: it cancels those before it.

import { byId, el } from "./dom.js";
import { Refused } from "./refused.js";
import * as source from "./source.js";
import { state } from "./state.js";

export { Refused };
export { ABOUT, filesToOpen, IS_LOCAL, MISSING, sendTokenizer, start, staticText, train } from "./source.js";

const running = new Map();

// Ask, and if the reader's own tokenizers have been forgotten, send them and ask once more.
async function twice(question) {
  try {
    return await question();
  } catch (error) {
    if (error.kind !== "Forgotten") throw error;
    for (const own of state.own.values()) await source.sendTokenizer(own.file);
    return question();
  }
}

// The answer to a question; null if a later one of the same kind has been asked meanwhile.
export async function latest(name, data) {
  forget(name);
  const mine = new AbortController();
  running.set(name, mine);
  try {
    const answer = await twice(() => source.ask(name, data, mine.signal));
    return mine.signal.aborted ? null : answer;
  } catch (error) {
    if (mine.signal.aborted) return null;
    throw error;
  } finally {
    if (running.get(name) === mine) running.delete(name);
  }
}

// Ask, and fill a place with what `drawn` makes of the answer, or with why there is none.
export async function put(place, name, data, drawn, look = "lead") {
  try {
    const told = await latest(name, data);
    if (told) byId(place).replaceChildren(...drawn(told));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId(place).replaceChildren(el("p", { class: look }, error.message));
  }
}

// Options of a field, each by its value and title; what was chosen stays, if it can.
export function offer(field, options, otherwise) {
  const before = field.value;
  field.replaceChildren(...options.map(([value, title]) => el("option", { value }, title)));
  field.value = options.some(([value]) => value === before) ? before : otherwise ?? "";
}

// The answer to this question is not wanted any more.
export function forget(name) {
  running.get(name)?.abort();
}

export const page = (data) => twice(() => source.page(data));
