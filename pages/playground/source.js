// Where the answers come from: the core, in workers of this page.

import { Refused } from "./refused.js";

export const ABOUT = "Everything here is computed in this browser, by minitok's Rust core; nothing is sent anywhere.";

// What `minitok play` serves, others cannot see.
export const IS_LOCAL = document.querySelector("meta[name=local]") !== null;

// What cannot be had here: ids of elements, and what to do instead.
export const MISSING = IS_LOCAL
  ? { "copy-frame": "A frame to embed in a page leads to a playground that others can see; what minitok play serves, they cannot." } : {};

const WORKER = new URL("../core/worker.js", import.meta.url).href;
// Where the browser wants to know which scripts a page may start, it is this one.
const policy = globalThis.trustedTypes?.createPolicy("minitok-worker", {
  createScriptURL(address) {
    if (address !== WORKER) throw new TypeError("no other script is started");
    return address;
  },
});

// Threads that have not ended. A browser may end a worker that only its own listeners refer to, and its question is never answered.
const alive = new Set();

// A worker, which is asked one thing at a time.
class Thread {
  constructor() {
    this.waiting = [];
    alive.add(this);
    this.begin();
  }

  begin() {
    this.isBroken = false;
    this.worker = new Worker(policy ? policy.createScriptURL(WORKER) : WORKER);
    this.worker.addEventListener("message", ({ data }) => this.onMessage(data));
    this.worker.addEventListener("error", () => this.onMessage({ refused: "The core cannot be loaded.", kind: "Broken" }));
  }

  // The answer to a question. One that is not wanted any more is not asked, if it has not been yet.
  ask(ask, data, { signal = null, onNews = () => {}, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message: { ask, data }, signal, onNews, transfer, resolve, reject, isAsked: false });
      this.next();
    });
  }

  next() {
    if (this.waiting[0]?.isAsked) return;
    while (this.waiting[0]?.signal?.aborted) this.waiting.shift().reject(aborted());
    const [first] = this.waiting;
    if (!first) return;
    // A core that has failed is not asked again. What it knew of the reader's own tokenizers is sent again when it is missed.
    if (this.isBroken) this.begin();
    first.isAsked = true;
    this.worker.postMessage(first.message, first.transfer);
  }

  onMessage({ news, answer, refused, kind }) {
    const [first] = this.waiting;
    if (news) {
      first?.onNews(news);
      return;
    }
    this.waiting.shift();
    if (refused === undefined) first?.resolve(answer);
    else first?.reject(new Refused(refused, 0, kind));
    if (kind === "Broken") {
      this.worker.terminate();
      this.isBroken = true;
    }
    this.next();
  }

  end() {
    alive.delete(this);
    this.worker.terminate();
    for (const { reject } of this.waiting.splice(0)) reject(aborted());
  }
}

const aborted = () => new DOMException("not wanted any more", "AbortError");

const thread = new Thread();

export const ask = (name, data, signal) => thread.ask(name, data, { signal });

export const start = () => thread.ask("start");

// A tokenizer's file (GPT-2's with its `merges`), or the text of one of minitok's own. A file is read in the worker, so that the page
// goes on meanwhile.
export async function sendTokenizer(file, pattern = "") {
  if (typeof file === "string") return thread.ask("tokenizer", { file });
  const [name, data, merges] = [stem(file.name), await file.arrayBuffer(), await file.merges?.arrayBuffer()];
  const asked = merges ? { merges, names: [file.name, file.merges.name, name] } : { name, pattern };
  return thread.ask("tokenizer", { data, ...asked }, { transfer: [data] });
}

// The name of a file without its ending.
const stem = (name) => name.replace(/(?<=.)\.[^.]*$/, "");

// The files that `minitok play` was told to open.
export async function filesToOpen() {
  if (!IS_LOCAL) return [];
  const get = async (name) => {
    const response = await fetch(name).catch(() => null);
    if (!response?.ok) throw new Refused(`${name} cannot be read. Is minitok play still running?`, response?.status ?? 0, "Unreachable");
    return response;
  };
  const names = await (await get("opened.json")).json();
  return Promise.all(names.map(async (name, at) => new File([await (await get(`opened/${at}`)).blob()], name)));
}

// A text that comes with the page.
export async function staticText(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Refused(`${name} is not there: ${response.status} ${response.statusText}`, response.status);
  return response.text();
}

// The text explained, as a page to keep: that of `minitok explain --html`.
export async function page(asked) {
  const [empty, told] = await Promise.all([staticText("keep.html"), thread.ask("explanation", asked)]);
  const escape = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const data = JSON.stringify(told).replace(/[<\u007f-\uffff]/g, escape);
  return new Blob([empty.replace(">{}<", () => `>${data}<`)], { type: "text/html" });
}

// The news of a training as it comes; the last has its tokenizer. One that can be stopped has a worker of its own, which that ends.
export async function* train(options, corpus, signal) {
  const [trainer, held] = [signal ? new Thread() : thread, []];
  let wake = () => {};
  const put = (one) => {
    held.push(one);
    wake();
  };
  signal?.addEventListener("abort", () => trainer.end());
  const data = { options, corpus: await corpus.arrayBuffer() };
  trainer.ask("train", data, { signal, onNews: (news) => put({ news }), transfer: [data.corpus] })
    .then((done) => put({ done }), (error) => put({ error }));
  try {
    for (;;) {
      while (!held.length) await new Promise((resolve) => { wake = resolve; });
      const { news, done, error } = held.shift();
      if (error) throw error;
      if (done) {
        const tokenizers = [];
        for (const file of done.files) tokenizers.push(await sendTokenizer(file));
        yield done.bill ? { bill: done.bill, tokenizers } : { tokenizer: tokenizers[0] };
        return;
      }
      yield news;
    }
  } finally {
    if (signal) trainer.end();
  }
}
