// The page: what the reader does changes the state, and what is shown follows from it.

import { ABOUT, filesToOpen, forget, latest, MISSING, Refused, sendTokenizer, start, staticText } from "./api.js";
import { Bill } from "./bill.js";
import { utf8 } from "./bytes.js";
import { edited } from "./changed.js";
import { byId, el, number, plural } from "./dom.js";
import { Chat } from "./chat.js";
import { EXAMPLES, GALLERY, linkTo } from "./examples.js";
import { Inside } from "./merges.js";
import { tokenizersIn } from "./files.js";
import { copyFrame, copyLink, FRAME, IS_FRAME, IS_PRESENTED, savePage, savePicture, tellHeight } from "./export.js";
import { showLanes } from "./lanes.js";
import { Loop } from "./bigram.js";
import { Panels } from "./panels.js";
import { fromFragment, isFollowed, LONGEST_NAME, state, toFragment, unpackedSize, writeFragment } from "./state.js";
import { isOfChat, templatesIn } from "./templates.js";
import { Trainer } from "./train.js";

// Milliseconds after the last key before the core is asked: a long text is not encoded at every one.
const PAUSE = { short: 30, long: 250, isLong: 50_000 };
// The address bar follows the state where that is a matter of some kilobytes; the button makes longer links, too.
const LINK = { pause: 400, unpacked: 200_000, most: 32_000 };

// Where the lessons of the course are; a page that is not beside them does not lead there.
const COURSE = document.querySelector("meta[name=course]")?.content;

const field = byId("text");
const loop = new Loop();
const bill = new Bill();
const chat = new Chat();
const inside = new Inside((step) => { state.step = step; linkLater(); });
const panels = new Panels({ choose, remove: removeEncoding, rename, titleOf });
let limits;
let published;
let unread = null; // a tokenizer's file of which the reader is to say how it cuts text
let shown = null; // what the tokens on the page are those of: a text may have been typed since
let settled = null; // the text whose edit was asked about last
let textTimer;
let linkTimer;

// How many attempts have ended with something to say, and whether that is what the page says now.
let answers = 0;
let isAnswer = false;

function say(text) {
  byId("status").textContent = text;
  isAnswer = false;
}

function reply(text) {
  say(text);
  answers += 1;
  isAnswer = true;
}

// Do something that the core, or a file, may refuse; say so if it does. If this ends with nothing to say, the answer to another attempt
// that has ended since this began stays.
async function attempt(act) {
  const before = answers;
  try {
    const said = await act();
    if (said) reply(said);
    else if (answers === before || !isAnswer) say("");
  } catch (error) {
    reply(error.message);
    if (!(error instanceof Refused)) throw error;
  }
}

// -- what follows from the state -------------------------------------------------------------------------------------

async function refresh() {
  const { text, special, encodings, dropout, seed } = state;
  // Another text is no example.
  byId("example").selectedIndex = EXAMPLES.findIndex((one) => one.text === text);
  const [bytes, asked] = [utf8(text), { text, special, encodings }];
  byId("text-size").textContent = `${plural(bytes.length, "byte")}, ${plural([...text].length, "character")}`;
  if (bytes.length > limits.text) {
    throw new Refused(`The text has ${plural(bytes.length, "byte")}; ${number(limits.text)} are the most that can be shown.`, 413);
  }
  forget("edit");
  const told = await latest("tokens", dropout ? { ...asked, dropout, seed } : asked);
  if (!told) return;
  shown = asked;
  panels.show(told, bytes);
  const named = told.encodings.map(({ name }) => [name, titleOf(name)]);
  loop.offer(named);
  bill.offer(named);
  if (state.more && !IS_FRAME) showLanes(asked, bytes, (range) => (range ? panels.link(range) : panels.point(null, null)));
  showChosen();
  linkLater();
  // What is drawn at random has no tokens that stay as they are.
  if (state.edits && !dropout) await settle(asked, bytes);
}

// Ask what the edit has cost, and what may still change at the end, once the tokens are shown.
async function settle(asked, bytes) {
  const edit = edited(settled ?? new Uint8Array(), bytes);
  const isFirst = settled === null || (!edit.removed && edit.start === edit.end);
  const told = await latest("edit", { ...asked, ...edit });
  if (!told) return;
  settled = bytes;
  panels.settle(told, isFirst);
}

function showChosen() {
  // An encoding that has made room for another takes its token along.
  if (!state.encodings.includes(state.chosen?.encoding)) state.chosen = null;
  const { chosen } = state;
  const place = chosen ? panels.choose(chosen.encoding, chosen.at) : null;
  if (place && (!IS_FRAME || FRAME === "tree")) {
    inside.show(shown);
  } else if (!place) {
    panels.rest();
    inside.clear();
  }
  return place;
}

function linkLater() {
  clearTimeout(linkTimer);
  linkTimer = setTimeout(async () => {
    const fragment = unpackedSize() <= LINK.unpacked ? await toFragment() : null;
    const fits = fragment !== null && fragment.length <= LINK.most;
    if (isFollowed()) return;
    if (!fits || fragment !== location.hash) writeFragment(fits ? fragment : null);
    byId("open-whole").href = location.pathname + (fits ? fragment : "");
  }, LINK.pause);
}

// -- what the reader does --------------------------------------------------------------------------------------------

function choose(encoding, at) {
  state.chosen = { encoding, at };
  state.step = null;
  const place = showChosen();
  if (place && field.value === shown.text) field.setSelectionRange(...place);
  linkLater();
}

function setText(text) {
  state.text = text;
  field.value = text;
  return attempt(refresh);
}

async function showExample(example) {
  example.text ??= await staticText(example.file);
  if (example.prompt) loop.ask(example.prompt);
  await setText(example.text);
}

function onTyping() {
  state.text = field.value;
  clearTimeout(textTimer);
  textTimer = setTimeout(() => attempt(refresh), state.text.length > PAUSE.isLong ? PAUSE.long : PAUSE.short);
}

// What is selected in the text is linked in the tokens.
function onSelect() {
  if (document.activeElement !== field || field.value !== state.text) return;
  const [start, end] = [field.selectionStart, field.selectionEnd];
  const byteAt = (place) => utf8(field.value.slice(0, place)).length;
  panels.link(start < end ? [byteAt(start), byteAt(end)] : null);
}

// The oldest encoding makes room where there are too many; the reader is told.
async function addEncoding(name) {
  const wanted = state.encodings.includes(name) ? state.encodings : [...state.encodings, name];
  const gone = wanted.slice(0, Math.max(0, wanted.length - limits.encodings));
  state.encodings = wanted.slice(gone.length);
  await refresh();
  return gone.length ? `${titleOf(gone[0])} has made room: ${limits.encodings} encodings are shown at most.` : "";
}

function titleOf(name) {
  return state.names.get(name) ?? state.own.get(name)?.title ?? name;
}

// What the reader calls a tokenizer; nothing gives it its own name back.
function rename(name, title) {
  state.names.delete(name);
  const given = title.trim().slice(0, LONGEST_NAME);
  if (given && given !== titleOf(name)) state.names.set(name, given);
  offerEncodings();
  attempt(refresh);
}

function removeEncoding(name) {
  if (state.encodings.length === 1) {
    say("At least one encoding must stay.");
    return;
  }
  state.encodings = state.encodings.filter((other) => other !== name);
  if (state.chosen?.encoding === name) state.chosen = null;
  byId("add").focus();
  attempt(refresh);
}

// A tokenizer of the reader's own: trained here, or from a file or a link.
function own(described) {
  state.own.set(described.name, { title: described.title, file: described.file });
  offerEncodings();
  if (described.chat) chat.take(described.chat, described.name);
  return described.name;
}

function offerEncodings() {
  const names = [
    ...published.map(({ name, models }) => [name, models.length ? `${name}: ${models.join(", ")}` : name]),
    ...[...state.own.keys()].map((name) => [name, titleOf(name)]),
  ];
  chat.offer(names);
  byId("add").replaceChildren(el("option", { value: "" }, "…"), ...names.map(([value, title]) => el("option", { value }, title)));
}

async function openText(file) {
  if (file.size > limits.text) {
    throw new Refused(`The file has ${number(file.size)} bytes; ${number(limits.text)} are the most that can be shown.`, 413);
  }
  setText(await file.text());
}

// The files that were chosen or dropped together.
async function openFiles(files) {
  const templates = await templatesIn([...files].filter(isOfChat));
  const tokenizers = await tokenizersIn([...files].filter((file) => !isOfChat(file)), limits.tokenizer);
  const said = [];
  for (const file of tokenizers) said.push(await openTokenizer(file));
  if (templates) chat.take(templates, tokenizers.length ? state.encodings.at(-1) : undefined);
  return said.filter(Boolean).join(" ");
}

async function openTokenizer(file, pattern = "") {
  if (file.size + (file.merges?.size ?? 0) > limits.tokenizer) throw new Refused(`${file.name} has more than ${number(limits.tokenizer)} bytes.`, 413);
  say(`Reading ${file.name} …`);
  try {
    const name = own(await sendTokenizer(file, pattern));
    askForPattern(null);
    return await addEncoding(name) || panels.introduce(name);
  } catch (error) {
    askForPattern(error.kind === "PatternNeeded" ? file : null);
    // Of several files, the reader is to know which.
    error.message = error.message.replace(/^the tokenizer's file(?=:)/, file.name);
    throw error;
  }
}

// A rank file does not say how it cuts text: the reader does, and it is read again.
function askForPattern(file) {
  unread = file;
  if (file) state.more = true;
  showFields();
  byId("pattern-needed").hidden = !file;
  byId("pattern-of-file").value = "";
  if (file) byId("pattern-of-file").focus();
}

// What is dropped on the text is a text; elsewhere it is a tokenizer. A browser would leave the page to show it.
function onDrop(event) {
  const { files } = event.dataTransfer;
  document.body.classList.remove("dropping");
  if (!files.length) return;
  event.preventDefault();
  attempt(() => (event.target === field ? openText(files[0]) : openFiles(files)));
}

function onDrag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.add("dropping");
}

// The fields as the state has them.
function showFields() {
  const { dropout, seed } = state;
  for (const flag of ["special", "edits"]) byId(flag).checked = state[flag];
  byId("more").setAttribute("aria-expanded", state.more);
  document.documentElement.classList.toggle("more", state.more && !IS_FRAME);
  byId("view").value = state.view;
  byId("price").value = state.price;
  byId("dropout").value = dropout;
  byId("dropped").value = dropout / 100;
  byId("seed").value = seed;
  byId("seed").parentElement.hidden = !dropout;
  byId("drawn").hidden = !dropout;
  byId("drawn").querySelector("code").textContent = `encode(text, dropout=${dropout / 100}, seed=${seed})`;
}

function change(changed) {
  Object.assign(state, changed);
  showFields();
  attempt(refresh);
}

async function openLink() {
  let damage = null;
  try {
    await fromFragment(location.hash, limits, published.map(({ name }) => name), async (file) => own(await sendTokenizer(file)));
  } catch (error) {
    damage = `A part of this link cannot be read: ${error.message}`;
  }
  field.value = state.text;
  showFields();
  await refresh();
  return damage;
}

// What the address holds, and the files that were named with it.
async function open() {
  inside.isFirst = !location.hash;
  const typed = inside.isFirst && field.value !== state.text ? field.value : null;
  const damage = await openLink().finally(() => byId("loading").remove());
  if (typed !== null) await setText(typed);
  const files = await filesToOpen();
  return [damage, files.length ? await openFiles(files) : null].filter(Boolean).join(" ");
}

// On a wall, keys alone: from token to token, from step to step.
function onWall(event) {
  const [{ strip }] = panels.panels.values();
  const steps = { ArrowUp: "one step back", ArrowDown: "one step on", " ": "play all steps" };
  if (steps[event.key]) byId("inside").querySelector(`[aria-label="${steps[event.key]}"]`)?.click();
  else strip.onKey(event);
  if (steps[event.key]) event.preventDefault();
}

function listen() {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  on("text", "input", onTyping);
  on("text", "select", onSelect);
  document.addEventListener("selectionchange", onSelect);
  on("example", "change", ({ target }) => attempt(() => showExample(EXAMPLES[target.value])));
  on("open-text", "change", ({ target }) => target.files[0] && attempt(() => openText(target.files[0])));
  on("open-tokenizer", "change", ({ target }) => target.files[0] && attempt(() => openFiles(target.files)));
  on("pattern-of-file", "change", ({ target }) => unread && target.value && attempt(() => openTokenizer(unread, target.value)));
  document.addEventListener("dragover", onDrag);
  document.addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", onDrop);
  on("add", "change", ({ target }) => {
    const name = target.value;
    target.value = "";
    if (name) attempt(() => addEncoding(name));
  });
  for (const flag of ["special", "edits"]) on(flag, "change", ({ target }) => change({ [flag]: target.checked }));
  on("more", "click", () => change({ more: !state.more }));
  on("view", "change", ({ target }) => change({ view: target.value }));
  on("price", "input", ({ target }) => { state.price = target.validity.valid ? target.value : ""; panels.price(); linkLater(); });
  on("dropout", "input", ({ target }) => change({ dropout: Number(target.value) }));
  on("seed", "input", ({ target }) => { if (target.validity.valid) change({ seed: Number(target.value) }); });
  const picture = (kind) => () => savePicture([...panels.panels.values()], kind);
  const kept = { "copy-link": copyLink, "copy-frame": copyFrame, "save-page": savePage, "save-picture": picture("png"), "save-drawing": picture("svg") };
  for (const [id, act] of Object.entries(kept)) on(id, "click", () => attempt(act));
  if (IS_PRESENTED) document.addEventListener("keydown", onWall);
  window.addEventListener("hashchange", () => attempt(openLink));
}

// What the page is, and what cannot be had where it is: the button stays, and says so.
function introduce() {
  byId("not-started").remove();
  // The tokens and the tree of the first text are in the page; a link has another one.
  if (location.hash || (IS_FRAME && FRAME !== "tree")) for (const place of ["panels", "inside"]) byId(place).replaceChildren();
  else inside.draw(JSON.parse(byId("first").textContent));
  const { classList } = document.documentElement;
  classList.toggle("present", IS_PRESENTED);
  if (IS_FRAME) {
    classList.add("frame", `with-${FRAME || "tokens"}`);
    byId("open-whole").append(`, ${location.host}`);
    tellHeight();
  }
  byId("whole").hidden = !IS_FRAME;
  const link = (href, text) => [" ", el("a", { href }, text)];
  const links = COURSE ? [link(`${COURSE}../index.html`, "minitok"), link(`${COURSE}../play.html`, "About this page"), link(`${COURSE}index.html`, "Course")] : [];
  byId("about").replaceChildren(el("p", {}, ...links.flat()), el("p", {}, ABOUT), ...Object.values(MISSING).map((why) => el("p", {}, why)));
  for (const [id, why] of Object.entries(MISSING)) {
    const part = byId(id);
    part.disabled = true;
    part.title = why;
  }
}

await attempt(async () => {
  introduce();
  const told = await start();
  limits = told.limits;
  published = told.encodings;
  panels.models = new Map(published.map(({ name, models }) => [name, models]));
  byId("pattern-of-file").replaceChildren(...["", ...told.patterns].map((value) => el("option", { value }, value || "…")));
  offerEncodings();
  byId("gallery").replaceChildren("Try ", ...GALLERY.flatMap((one) => [el("a", { href: linkTo(one), title: one.look }, one.title), " "]));
  byId("example").replaceChildren(...EXAMPLES.map(({ title }, index) => el("option", { value: index }, title)));
  listen();
  // From here on, what is pressed does something.
  byId("more").disabled = false;
  for (const part of ["compare", "rest"]) byId(part).inert = false;
  const trainer = new Trainer(limits, told.languages, (tokenizer) => attempt(() => addEncoding(own(tokenizer))));
  return open().finally(() => { if (FRAME === "train") trainer.run(); });
});
