// Chat templates: those that come in files beside a tokenizer (python/minitok/formats/chat.py), and two to begin with.

import { Refused } from "./refused.js";

const CONFIGS = ["tokenizer_config.json", "special_tokens_map.json", "chat_template.json"];
const isTemplate = (name) => name.endsWith(".jinja");
export const isOfChat = ({ name }) => CONFIGS.includes(name) || isTemplate(name);

// What a vocabulary with these tokens is used with, and what most others are.
const HARMONY = `{% for message in messages %}
{{- '<|start|>' + message.role + '<|message|>' + message.content + '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start|>assistant' }}
{%- endif %}`;
const CHATML = `{% for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}`;

// The templates of a tokenizer that has none.
export const simplest = (encoding) => ({ templates: { default: encoding === "o200k_harmony" ? HARMONY : CHATML }, tokens: {}, named: [] });

// The templates in files, and the tokens that they know by name; null without a template.
export async function templatesIn(files) {
  const content = async (name) => {
    const file = files.find((one) => one.name === name);
    return file ? parsed(await file.text(), name) : {};
  };
  const [config, map, older] = await Promise.all(CONFIGS.map(content));
  const templates = named(config.chat_template ?? older.chat_template);
  for (const file of files.filter(({ name }) => isTemplate(name))) {
    const name = file.name.replace(/\.jinja$/, "");
    templates[name === "chat_template" ? "default" : name] = await file.text();
  }
  if (!Object.keys(templates).length) return null;
  const held = [map, config].flatMap((fields) => Object.entries(fields).filter(([key]) => !["added_tokens_decoder", "chat_template"].includes(key)));
  return { templates, tokens: { ...tokensOf(map), ...tokensOf(config) }, named: [...new Set(held.flatMap(([, value]) => strings(value)))] };
}

function parsed(text, name) {
  let content;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Refused(`${name}: not JSON: ${error.message}`, 400, "FileFormatError");
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) throw new Refused(`${name}: not an object`, 400, "FileFormatError");
  return content;
}

function named(held) {
  if (typeof held === "string") return held ? { default: held } : {};
  const rows = Array.isArray(held) ? held.map((entry) => [entry?.name, entry?.template]) : Object.entries(held ?? {});
  if (!rows.every((row) => row.every((one) => typeof one === "string"))) {
    throw new Refused("chat_template has an entry that is not a name and a template", 400, "FileFormatError");
  }
  return Object.fromEntries(rows);
}

function tokensOf(config) {
  const extra = config.extra_special_tokens;
  const rows = [...Object.entries(config), ...Object.entries(extra && typeof extra === "object" ? extra : {})];
  return Object.fromEntries(rows.map(([name, value]) => [name, value?.content ?? value])
    .filter(([name, token]) => name.endsWith("_token") && typeof token === "string"));
}

const strings = (value) => (typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(strings) : []);
