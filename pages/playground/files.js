// What files are that a reader opens together: tokenizers, of which some take two files (GPT-2's pair), or the head of a large one.

import { ask } from "./source.js";
import { Refused } from "./refused.js";

// How much of a file is looked at to say what it is.
const LOOK = 4096;
// How much of a file is looked at first to find where its head ends.
const FIRST = 1 << 22;
// A JSON object whose first value is a whole number: tokens and their ids.
const IS_VOCAB = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\d+\s*[,}]/s;

const wrong = (name, why) => new Refused(`${name}: ${why}`, 400, "FileFormatError");

// The tokenizers in some files, each as one file that can be read, GPT-2's with its `merges`: at most `most` bytes of a head are
// looked at.
export async function tokenizersIn(files, most) {
  const looked = await Promise.all(files.map(async (file) => ({ file, start: await file.slice(0, LOOK).text() })));
  const vocab = looked.find(({ start }) => IS_VOCAB.test(start));
  const merges = looked.find(({ start }) => start.startsWith("#version")) ?? (vocab && looked.find(({ start }) => !/^\s*[{[]/.test(start)));
  const rest = looked.filter((one) => one !== vocab && one !== merges).map(({ file }) => headOf(file, most));
  if (!vocab && !merges) return Promise.all(rest);
  if (!vocab || !merges) {
    throw wrong((vocab ?? merges).file.name, "one of GPT-2's two files: open vocab.json and merges.txt together");
  }
  return [Object.assign(vocab.file, { merges: merges.file }), ...await Promise.all(rest)];
}

// The part of a GGUF file that holds its key-values: the tensors behind them are not read, so gigabytes cost what the head costs. All of
// another file.
export async function headOf(file, most) {
  if (await file.slice(0, 4).text() !== "GGUF") return file;
  for (let size = Math.min(FIRST, most); ; size = Math.min(2 * size, most)) {
    let end;
    try {
      end = await ask("head", { data: await file.slice(0, size).arrayBuffer(), size: file.size });
    } catch (error) {
      throw error.kind === "FileFormatError" ? wrong(file.name, error.message) : error;
    }
    if (end !== null) return new File([file.slice(0, end)], file.name);
    if (size === most) throw wrong(file.name, `the key-values at its head take more than ${most.toLocaleString("en")} bytes`);
  }
}
