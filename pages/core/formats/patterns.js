// Split patterns of files: by their names here, and refused where another engine reads them otherwise; as
// python/minitok/formats/pattern_names.py and huggingface/patterns.py do. What this page does not take apart it declines.

import { elsewhere, isObject, shown, WrongFile } from "./wrong.js";

// What a pattern is made of: a property, a character by its number, how often, an escape, any other character.
const PART = /\\[pP]\{\^?\w+\}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\{\d+(?:,\d*)?\}|\\?[^]/gu;
const OTHER_ESCAPES = /^\\[wWbBhHGKXRZzAUN]$|^\\x[89A-Fa-f]/;

// `known` is what encodings.json says of patterns in files: their spellings, what separates steps, and two sets of characters.
export class Patterns {
  constructor(known) {
    Object.assign(this, known);
    this.names = new Map(Object.entries(known.spelled));
  }

  nameOf(pattern) {
    const plain = pattern.replace(/\\u([0-9A-F]{4})/g, (_, code) => String.fromCharCode(parseInt(code, 16)))
      .replaceAll("\r", "\\r").replaceAll("\n", "\\n");
    return this.names.get(plain) ?? pattern;
  }

  // The patterns of pre-tokenizers, in their order, and what comes before them. `behind` says what a first step is that is not
  // a cut: Metaspace, for tokens of characters.
  ofBytes(step) {
    if (!step) throw elsewhere("no pre_tokenizer: tokens of characters, not of bytes");
    const [patterns, steps] = [[], flat(step)];
    let [ofBytes, words, prefix] = [false, null, null];
    steps.forEach((part, index) => {
      if (part.type === "ByteLevel") {
        if (ofBytes) throw new WrongFile("the pre_tokenizer has ByteLevel twice");
        ofBytes = true;
        if (part.add_prefix_space ?? true) {
          if (index) throw new WrongFile("the pre_tokenizer ByteLevel has add_prefix_space after other steps");
          prefix = "bytes";
        }
        if (part.use_regex ?? true) patterns.push("gpt2");
      } else if (part.type === "Split" && part.behavior === "Removed" && part.invert && part.pattern?.Regex !== undefined) {
        const found = this.source(part);
        if (this.isNamed(found)) patterns.push(found);
        else if (index) throw new WrongFile("the pre_tokenizer drops text (Split) after other steps");
        else words = found;
      } else {
        patterns.push((ofBytes ? this.bytes : "") + this.cutter(part));
      }
    });
    if (!ofBytes) throw elsewhere("a pre_tokenizer without ByteLevel: tokens of characters, not of bytes");
    return { pattern: this.nameOf(patterns.join(this.then) || "none"), words, prefix };
  }

  isNamed(pattern) {
    return [...this.names.values()].includes(pattern);
  }

  cutter(step) {
    if (step.type === "Digits") return behaved(this.digits, step.individual_digits ? "Isolated" : "Contiguous");
    if (step.type === "Punctuation") return behaved(this.punctuation, step.behavior ?? "Isolated");
    if (step.type !== "Split") throw elsewhere(`a pre_tokenizer with a step ${shown(step.type)}`);
    if (step.invert) throw elsewhere("a pre_tokenizer Split that is inverted");
    const source = this.source(step);
    if (step.behavior === "Isolated") return source;
    if (step.pattern.String === undefined) throw elsewhere(`a pre_tokenizer Split with the behavior ${shown(step.behavior)}`);
    return behaved(source, step.behavior);
  }

  // What a Split looks for: the name of a pattern, or a regular expression that all engines read alike.
  source({ pattern }) {
    if (isObject(pattern) && pattern.String) return literal(String(pattern.String));
    if (!isObject(pattern) || typeof pattern.Regex !== "string") throw new WrongFile("the pre_tokenizer Split has no Regex");
    const named = this.nameOf(pattern.Regex);
    if (!this.isNamed(named)) checkPortable(named, "the pre_tokenizer Split");
    return named;
  }
}

// Steps without sequences in sequences.
export function flat(step, parts = "pretokenizers") {
  if (!step) return [];
  if (!isObject(step) || typeof step.type !== "string") throw new WrongFile(`a step has no type: ${shown(step)}`);
  if (step.type !== "Sequence") return [step];
  if (!Array.isArray(step[parts])) throw new WrongFile(`a Sequence has no list of ${parts}`);
  return step[parts].flatMap((part) => flat(part, parts));
}

export const literal = (text) => text.replace(/[!-/:-@[-^`{-~]/g, "\\$&");

export function checkPortable(pattern, where) {
  const parts = pattern.match(PART) ?? [];
  let depth = 0; // of sets, in which only escapes mean more than themselves
  parts.forEach((part, at) => {
    const before = parts[at - 1] ?? "";
    depth += (part === "[") - (part === "]" && depth > 0);
    const isBare = depth === 0 && (part === "$" || part === "^" || (part === "+" && /^\{\d/.test(before)));
    const isOther = isBare || OTHER_ESCAPES.test(part) || (depth > 0 && part === "-" && before === "-");
    if (isOther) throw elsewhere(`${where} has ${shown(part)} in its pattern, which engines read differently`);
  });
}

// The pattern whose pieces are those of another with a behavior.
function behaved(pattern, behavior) {
  if (behavior === "Isolated") return pattern;
  if (behavior === "Contiguous") return `(?>${pattern})+`;
  if (behavior === "MergedWithPrevious") return `(?:(?!${pattern})[\\s\\S])+(?>${pattern})?|(?>${pattern})`;
  if (behavior === "MergedWithNext") return `(?>${pattern})(?:(?!${pattern})[\\s\\S])*`;
  throw elsewhere(`a pre_tokenizer with the behavior ${shown(behavior)}`);
}
