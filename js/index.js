// minitok for JavaScript. Read in this order:
//
// 1. tokenizer.js, session.js: text to ids and back; a text that changes; options.js: what calls ask besides
// 2. engine.js: a WebAssembly module behind them, and how it is called; loaded.js, bytes.js: the two that there are
// 3. published.js, opened.js: the encodings by their names
// 4. errors.js: what goes wrong
//
// In the package that is built, all but this file and published.js are one module, `minitok.js`, which a program loads sooner.
// `encodings/` and `only/` are written when the package is built (tools/build_js.py), from what Python knows.

export { FileFormatError, MinitokError } from "./errors.js";
export { encodingForModel, getEncoding, listEncodingNames, load } from "./published.js";
export { Session } from "./session.js";
export { Tokenizer } from "./tokenizer.js";
