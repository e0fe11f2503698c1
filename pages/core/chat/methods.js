// The methods, filters and tests of Jinja and Python that chat templates use. What is not here is refused by name.

import { Text } from "./traced.js";
import { Dict, fail, holds, isEqual, isNumber, isTrue, itemsOf, nameOf, order, spaces, text, toJson, Tuple, Undefined, written } from "./values.js";

const NONE = null;
const isText = (value) => value instanceof Text;
const asText = (value) => (isText(value) ? value : fail(`a text is needed, not '${nameOf(value)}'`));
const optional = (value) => (value === undefined || value === null ? null : asText(value));
const whole = (value, otherwise) => (value === undefined ? otherwise : Number(value));
const bool = (value) => value !== undefined && isTrue(value);
const caseOf = (change) => (one) => one.changed(change);
const capital = (one) => String(one).replace(/^[^]/u, (char) => char.toUpperCase()).replace(/(?<=^[^])[^]+/u, (rest) => rest.toLowerCase());
const title = (one) => String(one).toLowerCase().replace(/(?<!\p{L})\p{L}/gu, (char) => char.toUpperCase());
const plain = (change) => (one) => {
  const made = [...change(one)];
  return made.length === one.length ? new Text(made, one.origins) : text(made.join(""));
};
const places = (one, at) => (at < 0 ? BigInt(-1) : BigInt(at));
const starts = (one, prefix) => [prefix].flat().some((each) => one.find(asText(each)) === 0);
const ends = (one, suffix) => [suffix].flat().some((each) => one.rfind(asText(each)) === one.length - asText(each).length && each.length <= one.length);
const isAll = (pattern) => (one) => pattern.test(String(one));

export const OF_TEXT = {
  strip: (one, set) => one.strip(optional(set)),
  lstrip: (one, set) => one.strip(optional(set), true, false),
  rstrip: (one, set) => one.strip(optional(set), false, true),
  split: (one, separator, most) => one.split(optional(separator), whole(most, -1)),
  rsplit: (one, separator, most) => one.rsplit(asText(separator), whole(most, -1)),
  splitlines: (one, keeps) => one.splitLines(bool(keeps)),
  startswith: starts,
  endswith: ends,
  replace: (one, old, changed, most) => one.replace(asText(old), asText(changed), whole(most, -1)),
  upper: caseOf((each) => each.toUpperCase()),
  lower: caseOf((each) => each.toLowerCase()),
  capitalize: plain(capital),
  title: plain(title),
  join: (one, parts) => Text.join(itemsOf(parts).map(asText), one),
  find: (one, wanted) => places(one, one.find(asText(wanted))),
  rfind: (one, wanted) => places(one, one.rfind(asText(wanted))),
  index: (one, wanted) => (one.find(asText(wanted)) < 0 ? fail("substring not found") : places(one, one.find(asText(wanted)))),
  count: (one, wanted) => BigInt(one.split(asText(wanted)).length - 1),
  removeprefix: (one, prefix) => (one.find(asText(prefix)) === 0 ? one.slice(prefix.length) : one),
  removesuffix: (one, suffix) => (suffix.length && ends(one, suffix) ? one.slice(0, one.length - suffix.length) : one),
  partition: (one, by) => parted(one, one.find(asText(by)), by, false),
  rpartition: (one, by) => parted(one, one.rfind(asText(by)), by, true),
  isdigit: isAll(/^\p{Nd}+$/u),
  isnumeric: isAll(/^\p{N}+$/u),
  isalpha: isAll(/^\p{L}+$/u),
  isalnum: isAll(/^[\p{L}\p{N}]+$/u),
  isspace: isAll(/^\s+$/u),
  format: (one, ...given) => formatted(one, given),
};

function parted(one, at, by, isRight) {
  const none = one.slice(0, 0);
  if (at < 0) return isRight ? Tuple.of(none, none, one) : Tuple.of(one, none, none);
  return Tuple.of(one.slice(0, at), one.slice(at, at + by.length), one.slice(at + by.length));
}

// "{} and {name}": the fields keep where they come from.
function formatted(one, given) {
  const names = given.at(-1) instanceof Dict && given.at(-1).isNames ? given.at(-1) : new Dict();
  let number = 0;
  const parts = [];
  const source = String(one);
  const chars = (from, to) => {
    const start = [...source.slice(0, from)].length;
    return one.slice(start, start + [...source.slice(from, to)].length);
  };
  let done = 0;
  for (const found of source.matchAll(/\{\{|\}\}|\{(\w*)\}/g)) {
    parts.push(chars(done, found.index));
    done = found.index + found[0].length;
    if (found[1] === undefined) {
      parts.push(chars(found.index, found.index + 1));
      continue;
    }
    const value = /^\d*$/.test(found[1]) ? given[found[1] === "" ? number++ : Number(found[1])] : names.get(text(found[1]));
    parts.push(value === undefined ? fail("a format has a field without a value") : written(value));
  }
  const rest = chars(done, source.length);
  if (/[{}]/.test(source.replace(/\{\{|\}\}|\{\w*\}/g, ""))) fail("a format with more than names, which this page does not know");
  return Text.join([...parts, rest]);
}

// "%s and %(name)s".
export function percent(one, value) {
  const values = Array.isArray(value) ? [...value] : [value];
  const parts = [];
  let done = 0;
  const source = one.chars.join("");
  if ([...source].length !== source.length) fail("a format with characters beyond the first plane, which this page does not know");
  for (const found of source.matchAll(/%(?:\((\w+)\))?([sd%])/g)) {
    parts.push(one.slice(done, found.index));
    done = found.index + found[0].length;
    if (found[2] === "%") parts.push(one.slice(found.index, found.index + 1));
    else parts.push(written(found[1] === undefined ? values.shift() ?? fail("not enough arguments for format string") : value.get(text(found[1]))));
  }
  return Text.join([...parts, one.slice(done)]);
}

export const OF_DICT = {
  items: (one) => one.entries(),
  keys: (one) => one.entries().map(([key]) => key),
  values: (one) => one.entries().map(([, value]) => value),
  get: (one, key, otherwise = NONE) => (one.has(key) ? one.get(key) : otherwise),
};

export const OF_LIST = {
  index: (one, value) => BigInt(one.findIndex((item) => isEqual(item, value))),
  count: (one, value) => BigInt(one.filter((item) => isEqual(item, value)).length),
};

// -- tests -----------------------------------------------------------------------------------------------------------

export const TESTS = {
  defined: (one) => !(one instanceof Undefined),
  undefined: (one) => one instanceof Undefined,
  none: (one) => one === null,
  string: isText,
  number: isNumber,
  integer: (one) => typeof one === "bigint",
  float: (one) => typeof one === "number",
  boolean: (one) => typeof one === "boolean",
  true: (one) => one === true,
  false: (one) => one === false,
  mapping: (one) => one instanceof Dict,
  sequence: (one) => isText(one) || Array.isArray(one) || one instanceof Dict,
  iterable: (one) => isText(one) || Array.isArray(one) || one instanceof Dict || one instanceof Undefined,
  callable: (one) => typeof one === "function",
  odd: (one) => Number(one) % 2 !== 0,
  even: (one) => Number(one) % 2 === 0,
  divisibleby: (one, by) => Number(one) % Number(by) === 0,
  equalto: isEqual,
  eq: isEqual,
  "==": isEqual,
  ne: (one, other) => !isEqual(one, other),
  sameas: (one, other) => one === other,
  in: (one, inside) => holds(inside, one),
  gt: (one, other) => order(one, other) > 0,
  ge: (one, other) => order(one, other) >= 0,
  lt: (one, other) => order(one, other) < 0,
  le: (one, other) => order(one, other) <= 0,
  lower: (one) => String(one) === String(one).toLowerCase(),
  upper: (one) => String(one) === String(one).toUpperCase(),
};

export const testOf = (name) => (Object.hasOwn(TESTS, String(name)) ? TESTS[String(name)] : fail(`a test '${name}', which this page does not know`));

// -- filters ---------------------------------------------------------------------------------------------------------

export function lengthOf(value) {
  if (isText(value) || Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Dict) return BigInt(value.rows.size);
  if (value instanceof Undefined) return 0n;
  return fail(`object of type '${nameOf(value)}' has no len()`);
}

// What an attribute of an item is, by its name with dots.
function attributeOf(value, name) {
  return String(name).split(".").reduce((held, part) => {
    const found = Array.isArray(held) ? held[Number(part)] : held instanceof Dict ? held.get(text(part)) : undefined;
    return found === undefined ? new Undefined(`no attribute '${part}'`) : found;
  }, value);
}

const chosen = (keeps, byAttribute) => (value, ...given) => {
  const [name, ...rest] = byAttribute ? given.slice(1) : given;
  const isIt = name === undefined ? isTrue : (item) => testOf(name)(item, ...rest);
  return itemsOf(value).filter((item) => isIt(byAttribute ? attributeOf(item, given[0]) : item) === keeps);
};

function toInt(value, otherwise = 0n) {
  if (typeof value === "number") return BigInt(Math.trunc(value));
  if (typeof value === "bigint" || typeof value === "boolean") return BigInt(value);
  return isText(value) && /^\s*[-+]?\d+\s*$/.test(String(value)) ? BigInt(String(value).trim()) : otherwise;
}

function sorted(value, reverse, attribute, isCase) {
  const key = (item) => {
    const held = attribute === undefined || attribute === null ? item : attributeOf(item, attribute);
    return isText(held) && !isCase ? held.changed((each) => each.toLowerCase()) : held;
  };
  const made = [...itemsOf(value)].sort((one, other) => order(key(one), key(other)));
  return isTrue(reverse ?? false) ? made.reverse() : made;
}

const unique = (value) => itemsOf(value).filter((item, at, all) => all.findIndex((other) => isEqual(other, item)) === at);

// Filters get the value, arguments by place, and a Dict of those by name.
export const FILTERS = {
  trim: (one, [set]) => written(one).strip(optional(set)),
  length: lengthOf,
  count: lengthOf,
  string: written,
  upper: (one) => OF_TEXT.upper(written(one)),
  lower: (one) => OF_TEXT.lower(written(one)),
  capitalize: (one) => OF_TEXT.capitalize(written(one)),
  title: (one) => OF_TEXT.title(written(one)),
  replace: (one, [old, changed, most]) => OF_TEXT.replace(written(one), old, changed, most),
  join: (one, [by], names) => joined(one, by ?? names.get(text("d")), names.get(text("attribute"))),
  default: (one, [otherwise = text(""), boolean], names) =>
    (one instanceof Undefined || (isTrue(boolean ?? names.get(text("boolean")) ?? false) && !isTrue(one)) ? otherwise : one),
  tojson: (one, [isAscii, indent], names) => toJson(one, {
    ...(isAscii === undefined ? {} : { ensure_ascii: isAscii }), ...(indent === undefined ? {} : { indent }),
    ...Object.fromEntries(names.entries().map(([key, value]) => [String(key), value])),
  }),
  list: (one) => [...itemsOf(one)],
  items: (one) => (one instanceof Undefined ? [] : OF_DICT.items(one)),
  first: (one) => itemsOf(one)[0] ?? new Undefined("No first item, sequence was empty."),
  last: (one) => itemsOf(one).at(-1) ?? new Undefined("No last item, sequence was empty."),
  reverse: (one) => (isText(one) ? one.pick(one.chars.map((_, at) => one.length - 1 - at)) : [...itemsOf(one)].reverse()),
  int: (one, [otherwise]) => toInt(one, otherwise),
  float: (one) => (isText(one) ? Number(String(one)) || 0 : Number(one)),
  abs: (one) => (one < 0 ? -one : one),
  safe: written,
  map: (one, given, names) => mapped(one, given, names),
  select: (one, given) => chosen(true, false)(one, ...given),
  reject: (one, given) => chosen(false, false)(one, ...given),
  selectattr: (one, given) => chosen(true, true)(one, ...given),
  rejectattr: (one, given) => chosen(false, true)(one, ...given),
  unique,
  sort: (one, [reverse, isCase, attribute], names) =>
    sorted(one, reverse ?? names.get(text("reverse")), attribute ?? names.get(text("attribute")), isTrue(isCase ?? false)),
  dictsort: (one) => [...one.entries()].sort(([left], [right]) => order(left.changed((each) => each.toLowerCase()), right.changed((each) => each.toLowerCase()))),
  sum: (one) => itemsOf(one).reduce((sum, item) => sum + item, 0n),
  min: (one) => [...itemsOf(one)].sort(order)[0] ?? new Undefined("No aggregated item, sequence was empty."),
  max: (one) => [...itemsOf(one)].sort(order).at(-1) ?? new Undefined("No aggregated item, sequence was empty."),
  format: (one, given) => percent(written(one), given),
  indent: (one, [width, first], names) => indented(written(one), width ?? names.get(text("width")) ?? 4n, isTrue(first ?? names.get(text("first")) ?? false)),
};
FILTERS.d = FILTERS.default;

function joined(value, by, attribute) {
  const parts = itemsOf(value).map((item) => written(attribute === undefined ? item : attributeOf(item, attribute)));
  return Text.join(parts, by === undefined ? text("") : written(by));
}

function mapped(value, [name, ...rest], names) {
  const attribute = names.get(text("attribute"));
  if (attribute === undefined) return itemsOf(value).map((item) => filter(String(name))(item, rest, names));
  const otherwise = names.get(text("default"));
  return itemsOf(value).map((item) => {
    const found = attributeOf(item, attribute);
    return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
  });
}

// Lines that are not empty, but for the first, are moved.
function indented(one, width, first) {
  const pad = text(width instanceof Text ? String(width) : spaces(width));
  const lines = one.split(text("\n")).map((line, at) => (line.length && (at > 0 || first) ? Text.join([pad, line]) : line));
  return Text.join(lines, text("\n"));
}

export function filter(name) {
  return Object.hasOwn(FILTERS, name) ? FILTERS[name] : fail(`a filter '${name}', which this page does not know`);
}
