// What of a conversation a model samples that writes the assistant's turns, and what the template writes otherwise later (SPEC K2 to K4).

import { encodeChat } from "./encode.js";
import { TemplateError } from "./lex.js";

// { sampled, rewritten }: `sampled` says for each id of the whole conversation whether it was sampled; `rewritten` has, of the turns after
// which the text goes on otherwise than they and their prompts began it, the number of the message and the ids that were sampled.
export function sampledIn(tok, chat, messages, options, whole) {
  const sampled = whole.ids.map(() => false);
  const rewritten = [];
  messages.forEach(({ role }, number) => {
    if (role !== "assistant") return;
    const turn = turnOf(tok, chat, messages, options, number);
    if (!turn) return;
    const held = [...turn.prompt, ...turn.ids];
    if (held.every((id, at) => id === whole.ids[at])) sampled.fill(true, turn.prompt.length, held.length);
    else if (!beginsWith(tok.bytesOf(whole.ids), tok.bytesOf(held))) rewritten.push({ message: number, ids: turn.ids });
  });
  return { sampled, rewritten };
}

// The prompt of a turn, and the ids that a model samples after it, if it writes what the template does; null if there is none.
function turnOf(tok, chat, messages, options, number) {
  const ask = (count, prompted) => encodeChat(tok, chat, messages.slice(0, count), { ...options, add_generation_prompt: prompted });
  try {
    const [{ ids: prompt }, { ids, numbers }] = [ask(number, true), ask(number + 1, false)];
    const end = numbers.lastIndexOf(number) + 1;
    // Some templates do not write the beginning of an answer, as it is in the prompt, where it was given.
    const start = beginsWith(ids, prompt) ? prompt.length : numbers.indexOf(number);
    return end ? { prompt, ids: ids.slice(start, end) } : null;
  } catch (error) {
    if (error instanceof TemplateError) return null; // the template refuses a conversation that ends there
    throw error;
  }
}

const beginsWith = (all, beginning) => beginning.every((one, at) => one === all[at]);
