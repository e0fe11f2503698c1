// Jinja as chat templates use it: a template as a tree.

import { partsOf, TemplateError } from "./lex.js";

const DEEPEST = 100;

// A template as a list of nodes, each a list of its kind and its parts.
export function parse(source) {
  return new Parser(partsOf(source)).body([]).nodes;
}

class Parser {
  constructor(parts) {
    Object.assign(this, { parts, at: 0, tokens: [], index: 0, line: 1, depth: 0 });
  }

  fail(why) {
    throw new TemplateError(`line ${this.line}: ${why}`);
  }

  // The nodes up to a tag of one of these names, and that name.
  body(ends) {
    this.depth += 1;
    if (this.depth > DEEPEST) this.fail("nested too deeply");
    const nodes = [];
    while (this.at < this.parts.length) {
      const part = this.parts[this.at];
      this.at += 1;
      if (part.text !== undefined) {
        nodes.push(["text", part.text]);
        continue;
      }
      Object.assign(this, { tokens: part.tokens, index: 0, line: part.line });
      if (part.open === "{{") {
        nodes.push(["output", this.expressions(), part.line]);
        this.done();
        continue;
      }
      const name = this.name();
      if (ends.includes(name)) {
        this.depth -= 1;
        return { nodes, end: name };
      }
      nodes.push([...this.statement(name), part.line]);
    }
    if (ends.length) this.fail(`${ends.at(-1)} is missing`);
    return { nodes, end: null };
  }

  statement(name) {
    const rest = (end) => {
      this.done();
      const { nodes } = this.body([end]);
      this.done();
      return nodes;
    };
    if (name === "if") return this.condition();
    if (name === "for") return this.loop();
    if (name === "set") return this.assignment(rest);
    if (name === "macro") {
      const own = this.name();
      const parameters = this.parameters();
      return ["macro", own, parameters, rest("endmacro")];
    }
    if (name === "call") {
      const parameters = this.is("(") ? this.parameters() : [];
      const called = this.expression();
      return ["call", parameters, called, rest("endcall")];
    }
    if (name === "generation") return ["generation", rest("endgeneration")];
    if (name === "filter") {
      this.tokens.splice(this.index, 0, { kind: "sign", value: "|" });
      const filter = this.filters(["value"]);
      return ["filtered", filter, rest("endfilter")];
    }
    if (name === "break" || name === "continue") {
      this.done();
      return [name];
    }
    return this.fail(`a tag '${name}', which this page does not know`);
  }

  condition() {
    const branches = [];
    let test = this.expression();
    for (;;) {
      this.done();
      const { nodes, end } = this.body(["elif", "else", "endif"]);
      branches.push([test, nodes]);
      if (end === "elif") {
        test = this.expression();
        continue;
      }
      if (end === "else") {
        this.done();
        branches.push([null, this.body(["endif"]).nodes]);
      }
      this.done();
      return ["if", branches];
    }
  }

  loop() {
    const targets = this.targets();
    this.expect("in");
    const over = this.ternary(false);
    const test = this.take("if") ? this.expression() : null;
    if (this.take("recursive")) this.fail("a recursive loop, which this page does not know");
    this.done();
    const { nodes, end } = this.body(["else", "endfor"]);
    let otherwise = [];
    if (end === "else") {
      this.done();
      otherwise = this.body(["endfor"]).nodes;
    }
    this.done();
    return ["for", targets, over, test, nodes, otherwise];
  }

  assignment(rest) {
    const targets = this.targets();
    if (this.take("=")) {
      const value = this.expressions();
      this.done();
      return ["set", targets, value];
    }
    const filter = this.is("|") ? this.filters(["value"]) : null;
    return ["capture", targets, filter, rest("endset")];
  }

  // Names, or one attribute of a namespace.
  targets() {
    const found = [];
    const hasParens = this.take("(");
    do {
      const name = this.name();
      found.push(this.take(".") ? [name, this.name()] : [name]);
    } while (this.take(",") && !this.is("in") && !this.is("="));
    if (hasParens) this.expect(")");
    return found;
  }

  parameters() {
    const found = [];
    this.expect("(");
    while (!this.take(")")) {
      const name = this.name();
      found.push([name, this.take("=") ? this.expression() : null]);
      if (!this.is(")")) this.expect(",");
    }
    return found;
  }

  // -- expressions ---------------------------------------------------------------------------------------------------

  // An expression, or several with commas, which are a tuple.
  expressions() {
    const first = this.expression();
    if (!this.is(",")) return first;
    const all = [first];
    while (this.take(",")) if (this.index < this.tokens.length) all.push(this.expression());
    return ["tuple", all];
  }

  expression() {
    this.depth += 1;
    if (this.depth > DEEPEST) this.fail("nested too deeply");
    const found = this.ternary(true);
    this.depth -= 1;
    return found;
  }

  ternary(isWhole) {
    let value = this.or();
    while (isWhole && this.take("if")) {
      const test = this.or();
      value = ["either", test, value, this.take("else") ? this.ternary(true) : ["undefined"]];
    }
    return value;
  }

  or() {
    let left = this.and();
    while (this.take("or")) left = ["or", left, this.and()];
    return left;
  }

  and() {
    let left = this.not();
    while (this.take("and")) left = ["and", left, this.not()];
    return left;
  }

  not() {
    return this.take("not") ? ["not", this.not()] : this.comparison();
  }

  comparison() {
    const first = this.sum();
    const rest = [];
    for (;;) {
      const sign = ["==", "!=", "<", "<=", ">", ">=", "in"].find((one) => this.take(one));
      if (sign) rest.push([sign, this.sum()]);
      else if (this.is("not") && this.tokens[this.index + 1]?.value === "in") {
        this.index += 2;
        rest.push(["not in", this.sum()]);
      } else return rest.length ? ["compare", first, rest] : first;
    }
  }

  // What joins two values, from the loosest to the tightest.
  sum() {
    return this.chain(["+", "-"], () => this.chain(["~"], () => this.chain(["*", "/", "//", "%"], () => this.chain(["**"], () => this.unary(true)))));
  }

  chain(signs, next) {
    let left = next();
    for (;;) {
      const sign = this.tokens[this.index]?.kind === "sign" && signs.find((one) => this.take(one));
      if (!sign) return left;
      left = ["join", sign, left, next()];
    }
  }

  unary(hasFilters) {
    for (const sign of ["-", "+"]) {
      if (!this.take(sign)) continue;
      const value = ["unary", sign, this.unary(false)];
      return hasFilters ? this.filters(value) : value;
    }
    const value = this.postfix(this.primary());
    return hasFilters ? this.filters(value) : value;
  }

  primary() {
    const token = this.tokens[this.index];
    if (!token) return this.fail("an expression is cut short");
    this.index += 1;
    if (token.kind === "string") {
      let text = token.value;
      while (this.tokens[this.index]?.kind === "string") {
        text += this.tokens[this.index].value;
        this.index += 1;
      }
      return ["string", text];
    }
    if (token.kind === "number") return token.isFloat ? ["float", token.value] : ["number", token.value];
    if (token.kind === "name") {
      const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
      return Object.hasOwn(constants, token.value) ? ["constant", constants[token.value]] : ["name", token.value];
    }
    if (token.value === "(") {
      if (this.take(")")) return ["tuple", []];
      const inside = this.expression();
      if (!this.is(",")) {
        this.expect(")");
        return inside;
      }
      const all = [inside];
      while (this.take(",")) if (!this.is(")")) all.push(this.expression());
      this.expect(")");
      return ["tuple", all];
    }
    if (token.value === "[") return ["list", this.several("]", () => this.expression())];
    if (token.value === "{") {
      return ["dict", this.several("}", () => {
        const key = this.expression();
        this.expect(":");
        return [key, this.expression()];
      })];
    }
    return this.fail(`unexpected '${token.value}'`);
  }

  several(end, one) {
    const found = [];
    while (!this.take(end)) {
      found.push(one());
      if (!this.is(end)) this.expect(",");
    }
    return found;
  }

  postfix(given) {
    let value = given;
    for (;;) {
      if (this.take(".")) {
        const token = this.tokens[this.index];
        this.index += 1;
        if (token?.kind !== "name" && token?.kind !== "number") this.fail("a name is missing behind '.'");
        value = token.kind === "name" ? ["attribute", value, token.value] : ["item", value, ["number", token.value]];
      } else if (this.take("[")) value = this.subscript(value);
      else if (this.is("(")) value = this.call(value);
      else return value;
    }
  }

  subscript(value) {
    const bounds = [null];
    while (!this.take("]")) {
      if (this.take(":")) bounds.push(null);
      else bounds[bounds.length - 1] = this.expression();
    }
    if (bounds.length > 1) return ["slice", value, ...bounds];
    if (!bounds[0]) this.fail("nothing stands in []");
    return ["item", value, bounds[0]];
  }

  call(value) {
    return ["called", value, ...this.given(), this.line];
  }

  // Arguments by place, and by name.
  given() {
    const [places, names] = [[], []];
    this.expect("(");
    while (!this.take(")")) {
      const token = this.tokens[this.index];
      if (token?.kind === "name" && this.tokens[this.index + 1]?.value === "=") {
        this.index += 2;
        names.push([token.value, this.expression()]);
      } else {
        if (this.is("*") || this.is("**")) this.fail("arguments out of a list, which this page does not know");
        places.push(this.expression());
      }
      if (!this.is(")")) this.expect(",");
    }
    return [places, names];
  }

  filters(given) {
    let value = given;
    for (;;) {
      if (this.take("|")) {
        const name = this.name();
        value = ["filter", value, name, ...(this.is("(") ? this.given() : [[], []]), this.line];
      } else if (this.take("is")) {
        const isNot = this.take("not");
        const name = this.name();
        const given_ = this.is("(") ? this.given()[0] : this.beginsValue() ? [this.postfix(this.primary())] : [];
        value = ["test", value, name, given_, this.line];
        if (isNot) value = ["not", value];
      } else if (this.is("(")) value = this.call(value);
      else return value;
    }
  }

  // Whether the argument of a test stands here without parentheses.
  beginsValue() {
    const token = this.tokens[this.index];
    if (!token) return false;
    if (token.kind === "name") return !["else", "or", "and"].includes(token.value);
    return token.kind !== "sign" || token.value === "[" || token.value === "{";
  }

  // -- tokens --------------------------------------------------------------------------------------------------------

  is(value) {
    const token = this.tokens[this.index];
    return token !== undefined && token.kind !== "string" && token.value === value;
  }

  take(value) {
    if (!this.is(value)) return false;
    this.index += 1;
    return true;
  }

  expect(value) {
    if (!this.take(value)) this.fail(`'${value}' is missing`);
  }

  name() {
    const token = this.tokens[this.index];
    if (token?.kind !== "name") this.fail("a name is missing");
    this.index += 1;
    return token.value;
  }

  done() {
    if (this.index < this.tokens.length) this.fail(`unexpected '${this.tokens[this.index].value}'`);
  }
}
