// The values of a template, and what filters, tests and methods do with them. Texts are `Text`, lists are arrays, dicts are `Dict`, whole
// numbers are bigints, and numbers with a fraction are numbers.

import { TemplateError } from "./lex.js";
import { make, Text, UNKNOWN, visit } from "./traced.js";

// What is not there; where it came from is said when it is used.
export class Undefined {
  constructor(what) {
    this.what = what;
  }

  fail() {
    throw new TemplateError(this.what);
  }
}

// A list that cannot be changed, and is written in other brackets.
export class Tuple extends Array {}

export class Dict {
  // Rows are keys and values; keys are texts or numbers.
  constructor(rows = []) {
    this.rows = new Map(rows.map(([key, value]) => [keyOf(key), [key, value]]));
  }

  has(key) {
    return this.rows.has(keyOf(key));
  }

  get(key) {
    return this.rows.get(keyOf(key))?.[1];
  }

  set(key, value) {
    this.rows.set(keyOf(key), [key, value]);
  }

  entries() {
    return Array.from(this.rows.values(), (row) => Tuple.from(row));
  }
}

// `namespace()`, whose attributes can be set.
export class Namespace extends Dict {}

const keyOf = (key) => (key instanceof Text ? `t${key}` : `v${String(key)}`);

export const fail = (why) => {
  throw new TemplateError(why);
};
export const text = (value, origin = UNKNOWN) => Text.of(value, origin);

export function nameOf(value) {
  if (value === null) return "NoneType";
  if (value instanceof Text) return "str";
  if (value instanceof Dict) return "dict";
  if (Array.isArray(value)) return "list";
  return { boolean: "bool", bigint: "int", number: "float", function: "function" }[typeof value] ?? "Undefined";
}

export function isTrue(value) {
  if (value instanceof Undefined || value === null) return false;
  if (value instanceof Text || Array.isArray(value)) return value.length > 0;
  if (value instanceof Dict) return value.entries().length > 0;
  return typeof value === "function" ? true : Boolean(value);
}

export const isNumber = (value) => ["bigint", "number", "boolean"].includes(typeof value);

export function isEqual(one, other) {
  visit();
  if (one instanceof Text && other instanceof Text) return one.length === other.length && String(one) === String(other);
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => isEqual(item, other[at]));
  if (one instanceof Dict && other instanceof Dict) {
    return one.rows.size === other.rows.size && one.entries().every(([key, value]) => other.has(key) && isEqual(value, other.get(key)));
  }
  if (one instanceof Undefined || other instanceof Undefined) return one instanceof Undefined && other instanceof Undefined;
  return isNumber(one) && isNumber(other) ? Number(one) === Number(other) : one === other;
}

// -1, 0 or 1, for what can be ordered.
export function order(one, other) {
  if (isNumber(one) && isNumber(other)) return Number(one) - Number(other);
  if (one instanceof Text && other instanceof Text) {
    const [left, right] = [one, other].map(({ chars }) => chars.map((char) => char.codePointAt(0)));
    const at = left.findIndex((code, index) => code !== right[index]);
    return at < 0 ? left.length - right.length : at >= right.length ? 1 : left[at] - right[at];
  }
  return fail(`'<' not supported between instances of '${nameOf(one)}' and '${nameOf(other)}'`);
}

export function holds(inside, value) {
  if (inside instanceof Text) return value instanceof Text ? inside.find(value) >= 0 : fail(`'in <string>' requires string as left operand, not ${nameOf(value)}`);
  if (Array.isArray(inside)) return inside.some((item) => isEqual(item, value));
  if (inside instanceof Dict) return inside.has(value);
  if (inside instanceof Undefined) return false;
  return fail(`argument of type '${nameOf(inside)}' is not iterable`);
}

export function itemsOf(value) {
  if (Array.isArray(value)) return value;
  if (value instanceof Text) return value.chars.map((_, at) => value.slice(at, at + 1));
  if (value instanceof Dict) return value.entries().map(([key]) => key);
  if (value instanceof Undefined) return [];
  return fail(`'${nameOf(value)}' object is not iterable`);
}

export function spaces(wanted) {
  const count = Math.max(0, Number(wanted) || 0);
  make(count);
  return " ".repeat(count);
}

// A value as the text that a template writes of it.
export function written(value) {
  if (value instanceof Text) return value;
  if (value instanceof Undefined) return text("");
  return text(shown(value));
}

function shown(value) {
  visit();
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return number(value);
  if (value instanceof Text) return quoted(String(value));
  if (value instanceof Tuple) return `(${Array.from(value, shown).join(", ")}${value.length === 1 ? "," : ""})`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value instanceof Dict) return `{${value.entries().map(([key, item]) => `${shown(key)}: ${shown(item)}`).join(", ")}}`;
  if (typeof value === "function") return fail("a function is written, which this page does not do");
  return String(value);
}

const number = (value) => (Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value).replace(/e([-+])(\d)$/, "e$10$2"));

function quoted(value) {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escapes = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", [quote]: `\\${quote}` };
  const body = [...value].map((char) => escapes[char] ?? (/[\p{C}\p{Z}]/u.test(char) && char !== " " ? escaped(char) : char)).join("");
  return quote + body + quote;
}

function escaped(char) {
  const code = char.codePointAt(0).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}

// -- JSON ------------------------------------------------------------------------------------------------------------

// A value as JSON, as Python writes it: not trusted, from the field of all texts in it but the template's, or else their message.
export function toJson(value, { indent = null, ensure_ascii: isAscii = false, sort_keys: sorts = false, separators = null } = {}) {
  const [comma, colon] = separators ? separators.map(String) : [indent === null ? ", " : ",", ": "];
  const pad = indent === null ? null : indent instanceof Text ? String(indent) : spaces(indent);
  const write = (one, depth) => {
    visit();
    if (one === null || typeof one === "boolean" || typeof one === "bigint") return String(one);
    if (typeof one === "number") return number(one);
    if (one instanceof Text) return string(String(one), isTrue(isAscii));
    const isList = Array.isArray(one);
    if (!isList && !(one instanceof Dict)) return fail(`Object of type ${nameOf(one)} is not JSON serializable`);
    let rows = isList ? Array.from(one).map((item) => write(item, depth + 1)) : one.entries();
    if (!isList) {
      if (isTrue(sorts)) rows = [...rows].sort(([left], [right]) => order(left, right));
      rows = rows.map(([key, item]) => string(key instanceof Text ? String(key) : shown(key), isTrue(isAscii)) + colon + write(item, depth + 1));
    }
    const [open, close] = isList ? "[]" : "{}";
    if (pad === null || !rows.length) return open + rows.join(comma) + close;
    const line = `\n${pad.repeat(depth + 1)}`;
    return `${open}${line}${rows.join(comma.trimEnd() + line)}\n${pad.repeat(depth)}${close}`;
  };
  const said = [...originsIn(value)].filter(({ trusted, field, generated }) => !trusted || field !== null || generated);
  const [first = UNKNOWN, ...others] = new Map(said.map((origin) => [JSON.stringify(origin), origin])).values();
  const { role, message } = others.every((one) => one.role === first.role && one.message === first.message) ? first : UNKNOWN;
  return text(write(value, 0), others.length ? { ...UNKNOWN, role, message } : { ...first, trusted: false });
}

function string(value, isAscii) {
  const plain = JSON.stringify(value);
  return isAscii ? plain.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : plain;
}

function* originsIn(value) {
  visit();
  if (value instanceof Text) yield* value.origins;
  if (Array.isArray(value)) for (const item of value) yield* originsIn(item);
  if (value instanceof Dict) for (const row of value.entries()) yield* originsIn(row);
}

// Values of JSON, whose texts come from one place.
export function fromJson(value, origin) {
  if (typeof value === "string") return text(value, origin);
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => fromJson(item, origin));
  if (value === null || typeof value === "boolean") return value;
  return new Dict(Object.entries(value).map(([key, item]) => [text(key, origin), fromJson(item, origin)]));
}
