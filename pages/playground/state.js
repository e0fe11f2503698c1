// What the reader has chosen, and the link that holds it. Everything else on the page follows from this.

import { pack, unpack } from "./bytes.js";

export const FIRST_TEXT = "I can't stop humming that unforgettable melody, and the melody won't stop.";

// Its longest token, whose tree is seen first.
const FIRST_CHOSEN = { encoding: "o200k_base", at: FIRST_TEXT.indexOf(" unforgettable") };

export const state = {
  text: FIRST_TEXT,
  encodings: ["o200k_base"],
  special: false,
  view: "both",
  price: "",
  more: false, // whether everything else is shown
  edits: false, // whether it is said what an edit changes
  names: new Map(), // what the reader calls tokenizers
  dropout: 0, // in hundredths
  seed: 0, // of the dropout
  chosen: null, // { encoding, at }: the token that holds byte `at` under an encoding
  step: null, // of the merges of its piece; null shows the last
  own: new Map(), // the reader's own tokenizers by name: { title, file }
};

export const LONGEST_NAME = 40;
export const MOST_SEED = 2 ** 32 - 1;
// What is on or off.
const FLAGS = ["special", "more", "edits"];
const VIEWS = ["both", "text", "ids", "bytes"];
// Of a text that is longer, what is shorter goes into the link: the text or its packed form. A link that is longer is not made.
const PLAIN = 200;
const LONGEST_LINK = 1_000_000;
const MOST_UNPACKED = 8_000_000;
const MOST_OWN = 1 << 24;

// The files of the reader's own tokenizers that are shown.
const ownFiles = () => [...state.own].filter(([name]) => state.encodings.includes(name)).map(([, { file }]) => file);

// How much a link would hold, before it is packed.
export const unpackedSize = () => ownFiles().reduce((size, file) => size + file.length, state.text.length);

// The state as the fragment of an address; null if it is too long for one.
export async function toFragment() {
  if (unpackedSize() > MOST_UNPACKED) return null;
  const fields = new URLSearchParams();
  const plain = new URLSearchParams({ text: state.text }).toString();
  const packed = state.text.length > PLAIN ? await pack(state.text) : null;
  if (packed && packed.length + 7 < plain.length) fields.set("packed", packed);
  else fields.set("text", state.text);
  fields.set("encodings", state.encodings.join(","));
  for (const flag of FLAGS) if (state[flag]) fields.set(flag, "1");
  if (state.view !== VIEWS[0]) fields.set("view", state.view);
  const names = [...state.names].filter(([name]) => state.encodings.includes(name));
  if (names.length) fields.set("names", JSON.stringify(names));
  if (state.price !== "") fields.set("price", state.price);
  if (state.dropout) fields.set("dropout", `${state.dropout},${state.seed}`);
  if (state.chosen) {
    fields.set("at", `${state.chosen.at},${state.chosen.encoding}`);
    if (state.step !== null) fields.set("step", state.step);
  }
  const own = ownFiles();
  if (own.length) fields.set("own", await pack(JSON.stringify(own)));
  const fragment = `#${fields}`;
  return fragment.length > LONGEST_LINK ? null : fragment;
}

// The fragment that the state is from, or was written to.
let held = null;

// Whether the address has another fragment: a link has been followed, and opens next.
export const isFollowed = () => held !== null && held !== location.hash;

// Write the state's fragment into the address; without one, take it from there.
export function writeFragment(fragment) {
  history.replaceState(null, "", fragment ?? location.pathname + location.search);
  held = location.hash;
}

// Take the state from a fragment. `keep` takes the file of a tokenizer and gives its name; what a link leaves out, or says
// wrongly, stays as it is at the beginning. What is packed comes last: if it is damaged, the rest is there.
export async function fromFragment(fragment, limits, published, keep) {
  held = fragment;
  const fields = new URLSearchParams(fragment.slice(1));
  const known = () => [...new Set((fields.get("encodings") ?? "").split(","))]
    .filter((name) => published.includes(name) || state.own.has(name)).slice(0, limits.encodings);
  const takeEncodings = () => {
    state.encodings = known().length ? known() : ["o200k_base"];
    const [, at, encoding] = /^(\d{1,8}),(.*)$/s.exec(fields.get("at") ?? "") ?? [];
    // Without a link, a token is chosen already, so that its tree is seen.
    const chosen = encoding === undefined && !fragment ? FIRST_CHOSEN : { encoding, at: Number(at) };
    state.chosen = state.encodings.includes(chosen.encoding) ? { ...chosen } : null;
    state.step = /^\d{1,5}$/.test(fields.get("step") ?? "") ? Number(fields.get("step")) : null;
  };
  state.text = fields.get("text") ?? (fields.has("packed") ? "" : FIRST_TEXT);
  // What the page shows beside the text stays as it is where a link says nothing of it.
  for (const flag of FLAGS) state[flag] = fields.has(flag) ? fields.get(flag) === "1" : flag !== "special" && state[flag];
  state.view = VIEWS.includes(fields.get("view")) ? fields.get("view") : VIEWS[0];
  state.price = Number(fields.get("price")) >= 0 ? fields.get("price") ?? "" : "";
  const [, dropout, seed] = /^(\d{1,2}|100),(\d{1,10})$/.exec(fields.get("dropout") ?? "") ?? [];
  [state.dropout, state.seed] = Number(seed) <= MOST_SEED ? [Number(dropout), Number(seed)] : [0, 0];
  takeEncodings();
  if (fields.has("packed")) state.text = await unpack(fields.get("packed"), limits.text);
  if (fields.has("own")) {
    for (const file of JSON.parse(await unpack(fields.get("own"), MOST_OWN))) await keep(String(file));
    takeEncodings();
  }
  const named = JSON.parse(fields.get("names") ?? "[]");
  state.names = new Map(named.map(([name, title]) => [String(name), String(title).slice(0, LONGEST_NAME)]));
}
