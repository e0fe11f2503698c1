// A tokenizer's file of any format, opened. The content decides, not the name.

import { asOwn } from "../core/formats/formats.js";
import { Patterns } from "../core/formats/patterns.js";
import { WrongFile } from "../core/formats/wrong.js";
import { FileFormatError, MinitokError } from "./errors.js";
import { openNative } from "./native.js";
import { IN_FILES } from "./tables.js";

const patterns = new Patterns(IN_FILES);

export function openFile(engine, data, { name = null, pattern = "" }) {
  try {
    return openNative(engine, asOwn(data, { name, pattern }, patterns));
  } catch (error) {
    if (error instanceof WrongFile || error instanceof MinitokError) throw new FileFormatError(error.message, { cause: error });
    throw error;
  }
}
