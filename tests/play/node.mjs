// The modules of the page in Node, since what they compute needs no browser: each line is a function and what it is given, and is
// answered by what it gives, or by its error. They find their files, and a worker, as in a page.

import { File } from "node:buffer";
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { Worker as Thread } from "node:worker_threads";

const FILES = `
  const { readFile } = require("node:fs/promises");
  globalThis.fetch = (address) => readFile(new URL(address)).then((data) => new Response(data), () => new Response(null, { status: 404 }));
`;
const WORKER = `${FILES}
  const { parentPort, workerData } = require("node:worker_threads");
  globalThis.location = { href: workerData };
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  globalThis.addEventListener = (_, act) => parentPort.on("message", (data) => act({ data }));
  readFile(new URL(workerData), "utf8").then((source) => require("node:vm").runInThisContext(source));
`;

class Worker {
  constructor(address) {
    this.thread = new Thread(WORKER, { eval: true, workerData: address });
    this.thread.unref();
  }

  addEventListener(kind, act) {
    this.thread.on(kind, (data) => act({ data }));
  }

  postMessage(message, transfer) {
    this.thread.postMessage(message, transfer);
  }

  terminate() {
    this.thread.terminate();
  }
}

const { createRequire } = await import("node:module");
new Function("require", FILES)(createRequire(import.meta.url));
Object.assign(globalThis, { Worker, location: { href: `${pathToFileURL(process.argv[2])}/index.html` }, document: { querySelector: () => null } });
location.toString = () => location.href;
globalThis.File ??= File;
globalThis.crypto ??= webcrypto;

for await (const line of createInterface({ input: process.stdin })) {
  const { code, given } = JSON.parse(line);
  let told;
  try {
    told = { answer: await eval(`(${code})`)(given) };
  } catch (error) {
    told = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
process.exit();
