// What the page asks the server. Of several questions of one kind only the last is wanted: it cancels those before it.

import { state } from "./state.js";

const running = new Map();

export class Refused extends Error {
  constructor(message, code, kind) {
    super(message);
    Object.assign(this, { code, kind });
  }
}

async function ask(name, body, type, signal) {
  const method = body === undefined ? "GET" : "POST";
  const headers = body === undefined ? {} : { "content-type": type };
  let response;
  try {
    response = await fetch(`/api/${name}`, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server does not answer. Is minitok play still running?", 0, "Unreachable");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({ error: response.statusText }));
    throw new Refused(told.error, response.status, told.kind);
  }
  return response;
}

// Ask, and if the server has forgotten the reader's own tokenizers, send them and ask once more.
async function askTwice(name, data, signal) {
  const body = JSON.stringify(data);
  try {
    return await ask(name, body, "application/json", signal);
  } catch (error) {
    if (error.kind !== "Forgotten") throw error;
    for (const own of state.own.values()) await sendTokenizer(own.file);
    return ask(name, body, "application/json", signal);
  }
}

// The answer to a question; null if a later one of the same kind has been asked meanwhile.
export async function latest(name, data) {
  forget(name);
  const mine = new AbortController();
  running.set(name, mine);
  try {
    const answer = await (await askTwice(name, data, mine.signal)).json();
    return mine.signal.aborted ? null : answer;
  } catch (error) {
    if (mine.signal.aborted) return null;
    throw error;
  } finally {
    if (running.get(name) === mine) running.delete(name);
  }
}

// The answer to this question is not wanted any more.
export function forget(name) {
  running.get(name)?.abort();
}

export const start = async () => (await ask("start")).json();

// A text that comes with the server.
export async function staticText(name) {
  const response = await fetch(`/static/${name}`);
  if (!response.ok) throw new Refused(response.statusText, response.status);
  return response.text();
}

export const page = async (data) => (await askTwice("page", data)).blob();

export async function sendTokenizer(file) {
  return (await ask("tokenizer", file, "application/octet-stream")).json();
}

// The lines of a training, as they come.
export async function* train(options, body, signal) {
  const response = await ask(`train?${new URLSearchParams(options)}`, body, "application/octet-stream", signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const whole = (held + read.value).split("\n");
    held = whole.pop();
    for (const line of whole) yield JSON.parse(line);
  }
}
