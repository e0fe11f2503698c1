// Where the answers come from: the server that has served this page. On a page without a server pages/core/source.js stands in
// place of this file; everything else is the same.

import { Refused } from "./refused.js";

export const ABOUT = "Everything here comes from the server on this machine; nothing is sent anywhere else.";

// What cannot be had here: ids of elements, and what to do instead.
export const MISSING = {
  "copy-frame": "A frame to embed in a page is made by the playground without a server: what a server on this machine shows, others cannot see.",
  chat: "Conversations are shown by the playground without a server; in Python, Tokenizer.encode_chat gives their ids.",
};

async function post(name, body, type, signal) {
  const method = body === undefined ? "GET" : "POST";
  const headers = body === undefined ? {} : { "content-type": type };
  let response;
  try {
    response = await fetch(`api/${name}`, { method, headers, body, signal });
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

const postJson = (name, data, signal) => post(name, JSON.stringify(data), "application/json", signal);

// The answer to a question.
export async function ask(name, data, signal) {
  return (await postJson(name, data, signal)).json();
}

export const start = async () => (await post("start")).json();

// The text explained, as a page to keep.
export const page = async (data) => (await postJson("page", data)).blob();

// A tokenizer's file, of any format that minitok reads, or the text of one of minitok's own. `pattern` is for files that do not say
// how text is cut.
export async function sendTokenizer(file, pattern = "") {
  const said = new URLSearchParams({ name: file.name ?? "", pattern });
  return (await post(`tokenizer?${said}`, file, "application/octet-stream")).json();
}

// The lines of a training, as they come.
export async function* train(options, body, signal) {
  const response = await post(`train?${new URLSearchParams(options)}`, body, "application/octet-stream", signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const whole = (held + read.value).split("\n");
    held = whole.pop();
    for (const line of whole) yield JSON.parse(line);
  }
}
