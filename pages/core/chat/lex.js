// Jinja's text and tags. Block tags take the line that they stand on (trim_blocks, lstrip_blocks).

export class TemplateError extends Error {}

const TAG = /\{\{[-+]?|\{%[-+]?|\{#[-+]?/g;
const ENDS = { "{{": /[-+]?\}\}/y, "{%": /[-+]?%\}\n?/y, "{#": /[-+]?#\}\n?/y };
const TOKEN = /\s+|(?<string>'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*")|(?<number>\d+(?:_\d+)*(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>\*\*|\/\/|==|!=|<=|>=|[-+*\/%~<>=.,:|()[\]{}])/uy;

// The text and the tags of a template: { text } or { open, tokens, line }.
export function partsOf(source) {
  const text = source.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const parts = [];
  let at = 0;
  let strips = false; // what a tag with "-" at its end does to the text behind it
  while (at <= text.length) {
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    const end = tag?.index ?? text.length;
    let between = text.slice(at, end);
    if (strips) between = between.trimStart();
    const open = tag?.[0].slice(0, 2);
    if (tag?.[0][2] === "-") between = between.trimEnd();
    // White space before a block tag, from the beginning of its line.
    else if (tag && open !== "{{" && tag[0][2] !== "+" && (between.includes("\n") || at === 0 || text[at - 1] === "\n")) between = between.replace(/(^|\n)[^\S\n]+$/, "$1");
    if (between) parts.push({ text: between });
    if (!tag) break;
    const line = text.slice(0, end).split("\n").length;
    const inside = end + tag[0].length;
    const found = open === "{#" ? comment(text, inside, line) : tokens(text, inside, ENDS[open], line);
    if (open === "{%" && found.tokens[0]?.value === "raw") {
      const close = /\{%-?\s*endraw\s*-?%\}\n?/g;
      close.lastIndex = found.end;
      const stop = close.exec(text);
      if (!stop) throw new TemplateError(`line ${line}: raw has no end`);
      parts.push({ text: text.slice(found.end, stop.index) });
      [at, strips] = [close.lastIndex, false];
      continue;
    }
    if (open !== "{#") parts.push({ open, tokens: found.tokens, line });
    [at, strips] = [found.end, found.strips];
    // With a "+" at its end, a tag leaves the line end.
    if (found.keeps) at -= text[at - 1] === "\n" ? 1 : 0;
  }
  return parts;
}

function comment(text, from, line) {
  const end = text.indexOf("#}", from);
  if (end < 0) throw new TemplateError(`line ${line}: a comment has no end`);
  return { end: end + 2 + (text[end + 2] === "\n" ? 1 : 0), strips: text[end - 1] === "-", keeps: text[end - 1] === "+" };
}

function tokens(text, from, ends, line) {
  const found = [];
  const nested = [];
  for (let at = from; ;) {
    ends.lastIndex = at;
    const stop = nested.length ? null : ends.exec(text);
    if (stop) return { tokens: found, end: ends.lastIndex, strips: stop[0][0] === "-", keeps: stop[0][0] === "+" };
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (!token) throw new TemplateError(`line ${line}: ${at < text.length ? `unexpected '${text[at]}'` : "a tag has no end"}`);
    at = TOKEN.lastIndex;
    const { string, number, name, sign } = token.groups;
    if (string !== undefined) found.push({ kind: "string", value: unescaped(string.slice(1, -1)) });
    else if (number !== undefined) found.push({ kind: "number", value: Number(number.replaceAll("_", "")), isFloat: /[.eE]/.test(number) });
    else if (name !== undefined) found.push({ kind: "name", value: name });
    else if (sign !== undefined) found.push({ kind: "sign", value: sign });
    if (sign && "([{".includes(sign)) nested.push(sign);
    if (sign && ")]}".includes(sign)) nested.pop();
  }
}

const ESCAPES = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07", 0: "\0", "\n": "" };

function unescaped(text) {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g, (whole, two, four, eight, one) => {
    const code = two ?? four ?? eight;
    if (code !== undefined) return String.fromCodePoint(parseInt(code, 16));
    return ESCAPES[one] ?? ("\\'\"".includes(one) ? one : whole);
  });
}
