// The package as a program has it: imported by its name. `node --test` in a folder whose node_modules has the built package.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { encodingForModel, FileFormatError, getEncoding, listEncodingNames, load, MinitokError, Tokenizer } from "minitok";
import { countTokens, decode, encode, isWithinTokenLimit, tokenizer } from "minitok/o200k_base";

const file = (name) => new URL(`./files/${name}`, import.meta.url);
const ids = (text) => [...encode(text)];

test("one encoding, synchronously", () => {
  assert.deepEqual(ids("What's in a name?"), [45350, 306, 261, 1308, 30]);
  assert.equal(countTokens("What's in a name?"), 5);
  assert.equal(decode([45350, 306, 261, 1308, 30]), "What's in a name?");
  assert.equal(isWithinTokenLimit("What's in a name?", 5), 5);
  assert.equal(isWithinTokenLimit("What's in a name?", 4), false);
  assert.equal(isWithinTokenLimit("", 0), 0);
  assert.deepEqual([tokenizer.name, tokenizer.vocabSize, tokenizer.pattern], ["o200k_base", 200019, "o200k"]);
});

test("whoever asks again gets the same tokenizer, and one that was closed is opened anew", async () => {
  assert.equal(await getEncoding("o200k_base"), tokenizer);
  const [one, other] = await Promise.all([getEncoding("gpt2"), getEncoding("gpt2")]);
  assert.equal(one, other);
  one.close();
  one.close();
  assert.throws(() => one.encode("a"), new MinitokError("the tokenizer is closed"));
  assert.throws(() => one.session("a"), MinitokError);
  assert.deepEqual([one.name, one.specialTokens], ["gpt2", { "<|endoftext|>": 50256 }]);
  const again = await getEncoding("gpt2");
  assert.notEqual(again, one);
  assert.deepEqual([...again.encode("hello world")], [31373, 995]);
});

test("a first text has the ids of any other, whatever its length", async () => {
  for (const length of [0, 1, 255, 256, 257, 4096, 4097]) {
    const tok = await getEncoding("r50k_base");
    const text = "What's in a name? ".repeat(300).slice(0, length);
    const [first, second] = [tok.count(text), tok.encode(text)];
    assert.equal(first, second.length);
    assert.deepEqual([...second], [...tok.encode(new TextEncoder().encode(text))]);
    assert.equal(tok.decode(second), text);
    tok.close();
  }
});

test("a text that has no room in the engine is refused, and the engine goes on", async () => {
  const long = new Uint8Array(3e9);
  for (const options of [undefined, { allowedSpecial: "all" }]) {
    assert.throws(() => tokenizer.count(long, options), new MinitokError("out of memory"));
    assert.equal(tokenizer.count("What's in a name?", options), 5);
  }
  await assert.rejects(Tokenizer.fromFile(long), new MinitokError("out of memory"));
  await assert.rejects(Tokenizer.fromFile(new Uint8Array(1)), FileFormatError);
});

test("special tokens are text unless they are allowed", () => {
  const text = "a<|endoftext|><|endofprompt|>";
  const [end, prompt] = [199999, 200018];
  assert.ok(!ids(text).includes(end));
  const allowed = (allowedSpecial, disallowedSpecial) => [...tokenizer.encode(text, { allowedSpecial, disallowedSpecial })];
  assert.deepEqual(allowed("all"), [...ids("a"), end, prompt]);
  assert.deepEqual(allowed(new Set(["<|endoftext|>"])), [...ids("a"), end, ...ids("<|endofprompt|>")]);
  assert.equal(tokenizer.count(text, { allowedSpecial: "all" }), 3);
  assert.deepEqual(allowed("all", "all"), [...ids("a"), end, prompt]);
  assert.throws(() => allowed(["<|endoftext|>"], "all"), /<\|endofprompt\|>/);
  assert.throws(() => tokenizer.count(text, { disallowedSpecial: ["<|endoftext|>"] }), MinitokError);
});

test("control tokens are refused, also those that are added", async () => {
  const tokens = { special_tokens: { "<s>": 256 }, added_tokens: { "<think>": 257, "  ": 258 } };
  const file = { format: "minitok", version: 1, pattern: "none", ...tokens, byte_order: "identity", merges: [] };
  const tok = await Tokenizer.fromFile(new TextEncoder().encode(JSON.stringify(file)));
  const strict = (text, allowedSpecial = []) => [...tok.encode(text, { allowedSpecial, disallowedSpecial: "all" })];
  assert.deepEqual(tok.controlTokens, ["<s>", "<think>"]);
  assert.deepEqual(tokenizer.controlTokens, Object.keys(tokenizer.specialTokens));
  assert.deepEqual([...tok.encode("<think>")], [257]);
  assert.deepEqual(strict("a  b"), [97, 258, 98]);
  assert.throws(() => strict("a<think>"), new MinitokError('the text contains the token "<think>" at byte 1'));
  assert.deepEqual(strict("<think>", ["<think>"]), [257]);
  assert.deepEqual(strict("<s><think>", "all"), [256, 257]);
  assert.throws(() => tok.count("<think>", { disallowedSpecial: ["<think>"] }), MinitokError);
  assert.throws(() => tok.session("<think>", { disallowedSpecial: "all" }), MinitokError);
  tok.close();
});

test("texts of every kind come back", () => {
  for (const text of ["", "naïve 東京 🦀", "\ufeffmark", "a\0b", "e\u0301", " \r\n\t "]) assert.equal(decode(encode(text)), text);
  assert.deepEqual(encode("\ud83e"), encode("\ufffd"));
  assert.deepEqual(encode(new TextEncoder().encode("naïve")), encode("naïve"));
  const bytes = Uint8Array.of(0xff, 0x61, 0xc3);
  assert.deepEqual(tokenizer.decodeBytes(encode(bytes)), bytes);
  assert.equal(decode(encode(bytes)), "\ufffda\ufffd");
  assert.ok(encode("abc") instanceof Uint32Array);
  assert.equal(decode(new Set([45350, 306])), "What's in");
});

test("wrong arguments are named", () => {
  assert.throws(() => encode(5), new TypeError("text must be a string or a Uint8Array, not 5"));
  assert.throws(() => encode(undefined), TypeError);
  assert.throws(() => tokenizer.encode("a", "all"), new TypeError('options must be an object, not "all"'));
  assert.throws(() => tokenizer.encode("a", { allowedSpecial: "x" }), /allowedSpecial must be "all" or a list of names, not "x"/);
  assert.throws(() => isWithinTokenLimit("a", "5"), TypeError);
  assert.throws(() => decode([1, -1]), new RangeError("-1 at position 1 is not an id"));
  assert.throws(() => decode([1.5]), RangeError);
  assert.throws(() => decode(7), TypeError);
  assert.throws(() => decode([45350, 4_000_000]), /4000000.*1/);
});

test("encodings by their names, and by those of models", async () => {
  assert.deepEqual(listEncodingNames(), JSON.parse(await readFile(file("encodings.json"))));
  await assert.rejects(getEncoding("__proto__"), MinitokError);
  await assert.rejects(getEncoding(5), new TypeError("a name must be a string, not 5"));
  for (const name of ["o200k", "gpt-4o", "gpt-4o-2024-08-06"]) assert.equal(await getEncoding(name), tokenizer);
  assert.equal(await encodingForModel("gpt-4o-2024-08-06"), tokenizer);
  const { cases } = JSON.parse(await readFile(file("names.json")));
  for (const { encoding, model, means, refused } of cases) {
    const asked = encoding !== undefined ? getEncoding(encoding) : model !== undefined ? encodingForModel(model) : null;
    if (asked && means) assert.equal((await asked).name, means);
    else if (asked) await assert.rejects(asked, (error) => error instanceof MinitokError && error.message.endsWith(refused));
  }
});

// The lines of a rank file of the 256 bytes.
const RANKS = Buffer.from(Array.from({ length: 256 }, (_, byte) => `${Buffer.of(byte).toString("base64")} ${byte}\n`).join(""));

test("patterns by their names, and by those of encodings and models", async () => {
  const { cases } = JSON.parse(await readFile(file("names.json")));
  for (const { pattern, means, refused } of cases.filter((one) => one.pattern)) {
    const asked = Tokenizer.fromFile(RANKS, { pattern });
    if (means) assert.equal((await asked).pattern, means);
    else await assert.rejects(asked, (error) => error instanceof MinitokError && error.message.endsWith(refused));
  }
});

test("options and special tokens that there are not are refused", async () => {
  const wrong = (message) => new MinitokError(message);
  const options = [
    [{ allowedspecial: "all" }, "there is no option 'allowedspecial'; did you mean 'allowedSpecial'?"],
    [{ addSpecialTokens: true }, "there is no option 'addSpecialTokens'; options are allowedSpecial, disallowedSpecial"],
    [{ allowedSpecial: ["<|eot|>"] }, "allowedSpecial: '<|eot|>' is not a special token of this tokenizer: it has '<|endoftext|>', '<|endofprompt|>'"],
    [{ disallowedSpecial: ["<|endoftxt|>"] }, "disallowedSpecial: '<|endoftxt|>' is not a special token of this tokenizer; did you mean '<|endoftext|>'?"],
    [{ allowedSpecial: [1] }, "allowedSpecial: 1 is not a special token of this tokenizer: it has '<|endoftext|>', '<|endofprompt|>'"],
    [{ allowedSpecial: ["__proto__"] }, "allowedSpecial: '__proto__' is not a special token of this tokenizer: it has '<|endoftext|>', '<|endofprompt|>'"],
  ];
  for (const [given, message] of options) {
    assert.throws(() => tokenizer.encode("a", given), wrong(message));
    assert.throws(() => tokenizer.count("a", given), wrong(message));
    assert.throws(() => tokenizer.isWithinTokenLimit("a", 1, given), wrong(message));
    assert.throws(() => tokenizer.session("a", given), wrong(message));
    for (const call of [() => encode("a", given), () => countTokens("a", given), () => isWithinTokenLimit("a", 1, given)]) {
      assert.throws(call, wrong(message));
    }
  }
  const message = "there is no option 'Pattern'; did you mean 'pattern'?";
  await assert.rejects(Tokenizer.fromFile(RANKS, { Pattern: "gpt2" }), wrong(message));
  await assert.rejects(load(RANKS, { Pattern: "gpt2" }), wrong(message));
  await assert.rejects(Tokenizer.fromFile(RANKS, { pattern: 5 }), new TypeError("pattern must be a string, not 5"));
  await assert.rejects(Tokenizer.fromFile(RANKS, "gpt2"), new TypeError('options must be an object, not "gpt2"'));
});

test("the ids of Python", async (t) => {
  for (const { name, texts } of JSON.parse(await readFile(file("ids.json")))) {
    await t.test(name, async () => {
      const tok = await getEncoding(name);
      const all = { allowedSpecial: "all" };
      for (const [text, plain, special] of texts) {
        assert.deepEqual([...tok.encode(text), tok.count(text)], [...plain, plain.length], JSON.stringify(text));
        if (special) assert.deepEqual([...tok.encode(text, all), tok.count(text, all)], [...special, special.length], JSON.stringify(text));
      }
    });
  }
});

test("files of every format", async (t) => {
  for (const { path, pattern, texts } of JSON.parse(await readFile(file("files.json")))) {
    await t.test(path, async () => {
      const tok = await load(path, { pattern, name: "mine" });
      for (const [text, plain] of texts) assert.deepEqual([...tok.encode(text)], plain, JSON.stringify(text));
      const bytes = await readFile(path);
      const same = await Tokenizer.fromFile(bytes, { pattern });
      assert.deepEqual([...same.encode(texts[0][0])], texts[0][1]);
      same.close();
      tok.close();
    });
  }
});

test("added tokens that get other ids are warned of", async (t) => {
  const model = { type: "BPE", vocab: { a: 0, "?": 1 }, merges: [], unk_token: "?" };
  const file = { added_tokens: [{ id: 9, content: "<s>", special: true }], model };
  const warned = t.mock.method(console, "warn", () => {});
  const tok = await Tokenizer.fromFile(new TextEncoder().encode(JSON.stringify(file)));
  assert.deepEqual(tok.specialTokens, { "<s>": 2 });
  assert.deepEqual(warned.mock.calls.map(({ arguments: told }) => told), [
    ["the added token '<s>' has the id 9 in the file, and 2 here, as in tokenizers"],
  ]);
});

test("chunks", async () => {
  const text = "# Fish\n\nOne 🐟, two 🐟. Red 🐟.\n\nBlue 🐟, old 🐟, new 🐟. ".repeat(20);
  const o200k = await getEncoding("o200k_base");
  const chunks = o200k.chunk(text, 24);
  assert.equal(chunks.map((chunk) => chunk.text).join(""), text);
  for (const chunk of chunks) {
    assert.equal(text.slice(chunk.start, chunk.end), chunk.text);
    assert.equal(o200k.count(chunk.text), chunk.tokens);
    assert.ok(chunk.tokens <= 24);
  }
  assert.deepEqual([chunks[0].border, chunks.at(-1).border, o200k.chunk("", 1)], ["paragraph", "end", []]);
  const repeated = o200k.chunk(text, 24, { overlap: 9, at: ["sentence", "space"], fill: 0.25 });
  assert.ok(repeated.some(({ start }, number) => number > 0 && start < repeated[number - 1].end));
  assert.deepEqual(
    o200k.chunk("a<|endoftext|>b", 1, { allowedSpecial: "all" }).map((chunk) => chunk.text),
    ["a", "<|endoftext|>", "b"],
  );
  assert.throws(() => o200k.chunk("a", 0), new MinitokError("max_tokens must be at least 1, not 0"));
  assert.throws(() => o200k.chunk("𓀀", 1), /max_tokens 1 is too small for '𓀀' at byte 0/);
  assert.throws(() => o200k.chunk("a", 4, { at: "chapter" }), /there is no border 'chapter'/);
  assert.throws(() => o200k.chunk("a", 4, { overlaps: 1 }), /there is no option 'overlaps'/);
  assert.throws(() => o200k.chunk("a", 1.5), RangeError);
  assert.throws(() => o200k.chunk("a", 4, { fill: "half" }), TypeError);
  assert.throws(() => o200k.chunk("a\ud800", 4), RangeError);
});

test("files that are not tokenizers", async () => {
  const refused = async (text, message, options) =>
    assert.rejects(Tokenizer.fromFile(new TextEncoder().encode(text), options), (error) => {
      assert.ok(error instanceof FileFormatError && error.name === "FileFormatError");
      assert.match(error.message, message);
      return true;
    });
  await refused("", /not a tokenizer/);
  await refused("{", /not JSON/);
  await refused('{"format": "minitok", "version": 2}', /version 2/);
  await refused("YQ== 0\n", /does not contain its split pattern/);
  await refused('{"format": "minitok", "version": 1, "pattern": "gpt2", "special_tokens": {}, "byte_order": "identity", "merges": [[1, 999]]}', /999/);
  await refused("minbpe v1\n\n0\n97 300\n", /^line 4: 300 is not a token before this merge$/);
  await assert.rejects(Tokenizer.fromFile("tokenizer.json"), /data must be a Uint8Array or an ArrayBuffer/);
  await assert.rejects(load("/there/is/no.json"), /ENOENT/);
  await assert.rejects(load(new URL("./files/", import.meta.url)), (error) => {
    assert.ok(error instanceof FileFormatError);
    assert.match(error.message, /files\/: a folder; load the file in it, such as tokenizer.json, /);
    return true;
  });
});
