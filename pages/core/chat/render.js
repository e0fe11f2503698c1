// A chat template run on messages: python/minitok/chat/render.py with this page's own Jinja. What a template writes is trusted; what
// comes from messages is not, wherever the template puts it.
//
// 1. traced.js: text that knows where it comes from
// 2. lex.js, parse.js: a template as a tree
// 3. values.js, methods.js: values, and what filters, tests and methods do
// 4. encode.js: a conversation as ids, and who wrote each
// 5. sampled.js: what of it a model samples, and what is rewritten later

import { filter, lengthOf, OF_DICT, OF_LIST, OF_TEXT, percent, testOf } from "./methods.js";
import { TemplateError } from "./lex.js";
import { parse } from "./parse.js";
import { beginMaking, make, spansOf, TEMPLATE, Text, UNKNOWN } from "./traced.js";
import { Dict, fail, fromJson, holds, isEqual, isTrue, itemsOf, Namespace, nameOf, order, text, Tuple, Undefined, written } from "./values.js";

// The roles that are trusted as text.
const ROLES = ["system", "user", "assistant", "tool", "developer", "function"];
// A template is a program, which may not end: as many steps as any conversation needs.
const MOST_STEPS = 1_000_000;

// The spans of a conversation. `chat` is { templates, tokens }: `template` is the name of the one that is run.
export function render(chat, messages, { template = "default", add_generation_prompt: adds = false, ...variables } = {}) {
  beginMaking();
  const source = chat.templates[template];
  if (source === undefined) throw new TemplateError("this tokenizer has no chat template");
  if (!messages.length) throw new TemplateError("the conversation is empty: a template needs a message");
  const given = Object.entries(variables).map(([name, value]) => [name, fromJson(value, { ...UNKNOWN, field: "variables" })]);
  const named = Object.entries(chat.tokens ?? {}).map(([name, token]) => [name, text(token, TEMPLATE)]);
  const values = { ...Object.fromEntries(named), ...Object.fromEntries(given), messages: messages.map(traced), tools: null, documents: null, add_generation_prompt: adds };
  const runner = new Runner();
  const scope = new Scope(null, new Map([...Object.entries(runner.globals()), ...Object.entries(values)]));
  return spansOf(runner.collect(parse(source), scope));
}

function traced(message, number) {
  const { role } = message;
  const own = (field) => ({ ...UNKNOWN, message: number, role, field });
  return new Dict(Object.entries(message).filter(([, value]) => value !== null && value !== undefined).map(([field, value]) => {
    const origin = field === "role" && ROLES.includes(role) ? { ...own(field), trusted: true } : own(field);
    return [text(field, own(field)), fromJson(value, origin)];
  }));
}

class Scope {
  constructor(outer, names = new Map()) {
    Object.assign(this, { outer, names });
  }

  get(name) {
    for (let scope = this; scope; scope = scope.outer) if (scope.names.has(name)) return scope.names.get(name);
    return new Undefined(`'${name}' is undefined`);
  }
}

// What ends a loop, or one turn of it.
class Leave extends Error {}

class Runner {
  constructor() {
    Object.assign(this, { steps: 0, line: 1 });
  }

  globals() {
    return {
      range: (places) => range(...places.map(Number)),
      namespace: (places, names) => new Namespace([...places.flatMap((one) => one.entries()), ...names]),
      dict: (places, names) => new Dict([...places.flatMap((one) => one.entries()), ...names]),
      raise_exception: ([message]) => fail(String(written(message))),
      strftime_now: ([form]) => text(strftime(String(form))),
    };
  }

  // The text that nodes write.
  collect(nodes, scope) {
    const parts = [];
    try {
      this.run(nodes, scope, parts);
    } catch (error) {
      if (error instanceof RangeError) throw new TemplateError("the template or a value in the messages is nested too deeply");
      if (error instanceof TemplateError && !/^(line|chat template)/.test(error.message)) throw new TemplateError(`chat template, line ${this.line}: ${error.message}`);
      throw error;
    }
    return Text.join(parts);
  }

  step() {
    this.steps += 1;
    if (this.steps > MOST_STEPS) fail(`it takes more than ${MOST_STEPS.toLocaleString("en")} steps`);
  }

  run(nodes, scope, parts) {
    for (const node of nodes) {
      this.step();
      const [kind, ...own] = node;
      if (kind !== "text") this.line = node.at(-1);
      this[`do_${kind}`](own, scope, parts);
    }
  }

  do_text([content], _, parts) {
    parts.push(text(content, TEMPLATE));
  }

  do_output([expression], scope, parts) {
    const made = written(this.value(expression, scope));
    // What has no name in it is written by the template, even if it is computed.
    parts.push(isConstant(expression) ? text(String(made), TEMPLATE) : made);
  }

  do_if([branches], scope, parts) {
    const found = branches.find(([test]) => test === null || isTrue(this.value(test, scope)));
    if (found) this.run(found[1], scope, parts);
  }

  do_for([targets, over, test, nodes, otherwise], scope, parts) {
    const all = itemsOf(this.value(over, scope));
    const items = test ? all.filter((item) => {
      const inner = new Scope(scope);
      this.assign(targets, item, inner);
      return isTrue(this.value(test, inner));
    }) : all;
    if (!items.length) this.run(otherwise, new Scope(scope), parts);
    for (const [at, item] of items.entries()) {
      this.step();
      const inner = new Scope(scope, new Map([["loop", loopAt(items, at)]]));
      this.assign(targets, item, inner);
      try {
        this.run(nodes, inner, parts);
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        if (error.message === "break") break;
      }
    }
  }

  do_break() {
    throw new Leave("break");
  }

  do_continue() {
    throw new Leave("continue");
  }

  do_set([targets, expression], scope) {
    this.assign(targets, this.value(expression, scope), scope);
  }

  do_capture([targets, filters, nodes], scope) {
    const made = this.part(nodes, new Scope(scope));
    this.assign(targets, filters ? this.value(filters, new Scope(scope, new Map([["value", made]])), made) : made, scope);
  }

  do_filtered([filters, nodes], scope, parts) {
    parts.push(written(this.value(filters, scope, this.part(nodes, new Scope(scope)))));
  }

  do_generation([nodes], scope, parts) {
    const made = this.part(nodes, new Scope(scope));
    parts.push(new Text(made.chars, made.origins.map((origin) => ({ ...origin, generated: true }))));
  }

  do_macro([name, parameters, nodes], scope) {
    scope.names.set(name, this.macro(parameters, nodes, scope));
  }

  do_call([parameters, called, nodes], scope, parts) {
    const [, callee, places, names] = called;
    const caller = this.macro(parameters, nodes, scope);
    parts.push(written(this.call(this.value(callee, scope), places.map((one) => this.value(one, scope)), this.named(names, scope), caller)));
  }

  macro(parameters, nodes, scope) {
    return (places, names, caller) => {
      const inner = new Scope(scope, new Map(caller ? [["caller", caller]] : []));
      parameters.forEach(([name, otherwise], at) => {
        const byName = names.find(([key]) => String(key) === name);
        const missing = () => (otherwise ? this.value(otherwise, inner) : new Undefined(`parameter '${name}' was not provided`));
        inner.names.set(name, at < places.length ? places[at] : byName ? byName[1] : missing());
      });
      return this.part(nodes, inner);
    };
  }

  // The text of some nodes, which are a part of the template.
  part(nodes, scope) {
    const parts = [];
    this.run(nodes, scope, parts);
    return Text.join(parts);
  }

  assign(targets, value, scope) {
    const values = targets.length === 1 ? [value] : itemsOf(value);
    if (values.length !== targets.length) fail(`${values.length} values for ${targets.length} names`);
    targets.forEach(([name, attribute], at) => {
      if (attribute === undefined) {
        scope.names.set(name, values[at]);
        return;
      }
      const held = scope.get(name);
      if (!(held instanceof Namespace)) fail("cannot assign attribute on non-namespace object");
      held.set(text(attribute), values[at]);
    });
  }

  // -- expressions -----------------------------------------------------------------------------------------------------

  value(node, scope, held) {
    this.step();
    const [kind, ...own] = node;
    switch (kind) {
      case "value": return held;
      case "string": return text(own[0], TEMPLATE);
      case "number": return BigInt(own[0]);
      case "float": case "constant": return own[0];
      case "undefined": return new Undefined("the inline if-expression evaluated to false and no else section was defined.");
      case "name": return scope.get(own[0]);
      case "list": return own[0].map((one) => this.value(one, scope));
      case "tuple": return Tuple.from(own[0].map((one) => this.value(one, scope)));
      case "dict": return new Dict(own[0].map((row) => row.map((one) => this.value(one, scope))));
      case "either": return this.value(isTrue(this.value(own[0], scope)) ? own[1] : own[2], scope);
      case "or": case "and": {
        const left = this.value(own[0], scope);
        return isTrue(left) === (kind === "or") ? left : this.value(own[1], scope);
      }
      case "not": return !isTrue(this.value(own[0], scope, held));
      case "compare": return this.compare(this.value(own[0], scope), own[1], scope);
      case "join": return join(own[0], this.value(own[1], scope), this.value(own[2], scope));
      case "unary": return this.unary(own[0], this.value(own[1], scope));
      case "attribute": return attribute(this.value(own[0], scope), own[1]);
      case "item": return item(this.value(own[0], scope), this.value(own[1], scope));
      case "slice": return slice(this.value(own[0], scope), ...own.slice(1).map((bound) => (bound ? this.value(bound, scope) : null)));
      case "called": return this.call(this.value(own[0], scope), own[1].map((one) => this.value(one, scope)), this.named(own[2], scope));
      case "filter": {
        const value = this.value(own[0], scope, held);
        return filter(own[1])(value, own[2].map((one) => this.value(one, scope)), new Dict(this.named(own[3], scope)));
      }
      case "test": return testOf(own[1])(this.value(own[0], scope, held), ...own[2].map((one) => this.value(one, scope)));
      default: return fail(`a part '${kind}', which this page does not know`);
    }
  }

  named(names, scope) {
    return names.map(([name, value]) => [text(name), this.value(value, scope)]);
  }

  call(callee, places, names, caller) {
    this.step();
    if (callee instanceof Undefined) callee.fail();
    if (typeof callee !== "function") fail(`'${nameOf(callee)}' object is not callable`);
    return callee(places, names, caller);
  }

  compare(first, rest, scope) {
    let left = first;
    return rest.every(([sign, node]) => {
      const right = this.value(node, scope);
      const answer = COMPARISONS[sign](left, right);
      left = right;
      return answer;
    });
  }

  unary(sign, value) {
    if (typeof value !== "bigint" && typeof value !== "number") fail(`bad operand type for unary ${sign}: '${nameOf(value)}'`);
    return sign === "-" ? -value : value;
  }
}

// Filters that look at the scope, so that what they make is not constant.
const IN_SCOPE = ["map", "select", "reject", "selectattr", "rejectattr"];

// Whether an expression has no names and no calls.
function isConstant(node) {
  if (!Array.isArray(node)) return true;
  const [kind] = node;
  if (kind === "name" || kind === "called" || (kind === "filter" && IN_SCOPE.includes(node[2]))) return false;
  return node.every(isConstant);
}

const COMPARISONS = {
  "==": isEqual,
  "!=": (one, other) => !isEqual(one, other),
  "<": (one, other) => order(one, other) < 0,
  "<=": (one, other) => order(one, other) <= 0,
  ">": (one, other) => order(one, other) > 0,
  ">=": (one, other) => order(one, other) >= 0,
  in: (one, other) => holds(other, one),
  "not in": (one, other) => !holds(other, one),
};

function join(sign, left, right) {
  if (sign === "~") return Text.join([written(left), written(right)]);
  for (const side of [left, right]) if (side instanceof Undefined) side.fail();
  if (sign === "+" && left instanceof Text && right instanceof Text) return Text.join([left, right]);
  if (sign === "+" && Array.isArray(left) && Array.isArray(right)) {
    make(left.length + right.length);
    return [...left, ...right];
  }
  if (sign === "*" && left instanceof Text && typeof right === "bigint") {
    const times = Math.max(0, Number(right));
    make(times);
    return Text.join(Array.from({ length: times }, () => left));
  }
  if (sign === "%" && left instanceof Text) return percent(left, right);
  const [one, other] = [left, right].map((side) => (typeof side === "boolean" ? BigInt(side) : side));
  if (![one, other].every((side) => typeof side === "bigint" || typeof side === "number")) {
    fail(`unsupported operand type(s) for ${sign}: '${nameOf(left)}' and '${nameOf(right)}'`);
  }
  return computed(sign, one, other);
}

function computed(sign, one, other) {
  const isWhole = typeof one === "bigint" && typeof other === "bigint";
  const [left, right] = isWhole && sign !== "/" ? [one, other] : [Number(one), Number(other)];
  if (["/", "//", "%"].includes(sign) && Number(other) === 0) fail("division by zero");
  if (sign === "+") return left + right;
  if (sign === "-") return left - right;
  if (sign === "*") return left * right;
  if (sign === "/") return left / right;
  if (sign === "**") return isWhole && right > 1000n ? fail("a power that is too large") : left ** right;
  if (!isWhole) return sign === "//" ? Math.floor(left / right) : left - right * Math.floor(left / right);
  const rest = ((left % right) + right) % right;
  return sign === "//" ? (left - rest) / right : rest;
}

const bound = (methods, value) => (name) => (Object.hasOwn(methods, name)
  ? (places, names) => methods[name](value, ...places, ...(names.length ? [Object.assign(new Dict(names), { isNames: true })] : [])) : undefined);

// `value.name`: what Python's object has, or else an item.
function attribute(value, name) {
  if (value instanceof Undefined) value.fail();
  const methods = value instanceof Text ? OF_TEXT : value instanceof Namespace ? {} : value instanceof Dict ? OF_DICT : Array.isArray(value) ? OF_LIST : {};
  return bound(methods, value)(name) ?? (value instanceof Dict && value.has(text(name)) ? value.get(text(name)) : new Undefined(missing(value, name)));
}

const missing = (value, name) => `'${nameOf(value)} object' has no attribute '${name}'`;

// `value[name]`: an item, or else what Python's object has.
function item(value, key) {
  if (value instanceof Undefined) value.fail();
  if (value instanceof Dict) return value.has(key) ? value.get(key) : key instanceof Text ? attribute(value, String(key)) : new Undefined(missing(value, String(key)));
  if ((Array.isArray(value) || value instanceof Text) && typeof key === "bigint") {
    const at = Number(key) < 0 ? value.length + Number(key) : Number(key);
    if (at < 0 || at >= value.length) return new Undefined(missing(value, String(key)));
    return Array.isArray(value) ? value[at] : value.slice(at, at + 1);
  }
  return key instanceof Text ? attribute(value, String(key)) : new Undefined(missing(value, "?"));
}

function slice(value, first, last, by = null) {
  if (value instanceof Undefined) value.fail();
  if (!Array.isArray(value) && !(value instanceof Text)) fail(`'${nameOf(value)}' object is not subscriptable`);
  const step = by === null ? 1 : Number(by);
  if (!step) fail("slice step cannot be zero");
  const { length } = value;
  const within = (place, otherwise) => {
    if (place === null) return otherwise;
    const at = Number(place) < 0 ? length + Number(place) : Number(place);
    return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
  };
  const [start, end] = [within(first, step > 0 ? 0 : length - 1), within(last, step > 0 ? length : -1)];
  const places = [];
  for (let at = start; step > 0 ? at < end : at > end; at += step) places.push(at);
  return Array.isArray(value) ? places.map((at) => value[at]) : value.pick(places);
}

function range(...given) {
  const [start, end, step] = given.length === 1 ? [0, given[0], 1] : [given[0], given[1], given[2] ?? 1];
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (!(count <= 100_000)) fail("a range of more than 100,000 numbers");
  return Array.from({ length: count }, (_, at) => BigInt(start + at * step));
}

const LOOP = ["index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "cycle"].map((name) => text(name));

function loopAt(items, at) {
  const none = new Undefined("there is no such item");
  const facts = [
    BigInt(at + 1), BigInt(at), BigInt(items.length - at), BigInt(items.length - at - 1), at === 0, at === items.length - 1, lengthOf(items),
    items[at - 1] ?? none, items[at + 1] ?? none, (places) => places[at % places.length],
  ];
  return new Namespace(facts.map((value, index) => [LOOP[index], value]));
}

// The time now, as the template writes it.
function strftime(form) {
  const now = new Date();
  const two = (value) => String(value).padStart(2, "0");
  const words = (options) => now.toLocaleDateString("en", options);
  const parts = {
    Y: () => String(now.getFullYear()), m: () => two(now.getMonth() + 1), d: () => two(now.getDate()), H: () => two(now.getHours()),
    M: () => two(now.getMinutes()), S: () => two(now.getSeconds()), B: () => words({ month: "long" }), b: () => words({ month: "short" }),
    A: () => words({ weekday: "long" }), a: () => words({ weekday: "short" }), y: () => two(now.getFullYear() % 100), "%": () => "%",
  };
  return form.replace(/%([a-zA-Z%])/g, (whole, letter) => (Object.hasOwn(parts, letter) ? parts[letter]() : fail(`a time with '${whole}', which this page does not know`)));
}
