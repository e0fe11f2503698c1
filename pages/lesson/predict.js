// Predict, then reveal: what the pages of all lessons share. No question holds its answer: it follows from what is computed.

import { unpacked } from "../core/packed.js";
import { byId, el, onSubmit, plural } from "../static/dom.js";

// Whether each question's first prediction was right.
const results = new Map();

// The lessons of which every question has been answered, in this browser, if it keeps anything.
const DONE = "minitok-lessons-done";
function done() {
  try {
    return JSON.parse(localStorage.getItem(DONE) ?? "[]");
  } catch {
    return [];
  }
}

function markDone() {
  for (const link of byId("lessons").querySelectorAll("a")) {
    const isDone = done().includes(link.textContent);
    link.classList.toggle("done", isDone);
    link.setAttribute("aria-label", `lesson ${link.textContent}${isDone ? ", done" : ""}`);
  }
}

function finish() {
  const here = byId("lessons").querySelector("[aria-current]").textContent;
  try {
    localStorage.setItem(DONE, JSON.stringify([...new Set([...done(), here])]));
  } catch {
    // Nothing is kept here: it is not a fault of the lesson.
  }
  markDone();
}

let latest = 0;

// Do something that may fail, and say so if it does. What was begun before something else says nothing.
export async function attempt(act) {
  latest += 1;
  const mine = latest;
  const say = (text) => { if (mine === latest) byId("status").textContent = text; };
  try {
    await act();
    say("");
  } catch (error) {
    say(error.message);
    if (error.kind === undefined) throw error;
  }
}

// The questions of a lesson, one below the other. A question is { title, ask, given, choices, shown, right, told }. `made(one)` gives what
// is computed of each of its `shown`; from that, `right` gives the right number, or the number of the right choice, and `told` what is said
// of it; `show(made)` shows it, and `link(made)` leads to more, if anything does.
export function askAll(questions, made, show, link = () => null) {
  byId("not-started").remove();
  markDone();
  byId("questions").replaceChildren(...questions.map((one, at) => question(one, at, { made, show, link })));
}

function question(one, at, of) {
  const heading = `question-${at}`;
  const answer = el("div", { class: "answer", "aria-live": "polite" });
  const form = el("form", {},
    el("fieldset", {}, el("legend", {}, one.ask), el("p", { class: "given" }, one.given), prediction(one)),
    el("button", { type: "submit" }, "Reveal"), " ",
    el("button", { type: "button", onclick: () => attempt(() => reveal(one, at, null, answer, of)) }, "I do not know"));
  onSubmit(form, () => attempt(() => reveal(one, at, Number(new FormData(form).get("prediction")), answer, of)));
  return el("section", { "aria-labelledby": heading }, el("h2", { id: heading }, `${at + 1}. ${one.title}`), form, answer);
}

function prediction({ choices }) {
  if (!choices) {
    return el("label", {}, "Your prediction", el("input", { type: "number", name: "prediction", min: 0, max: 999, required: true }));
  }
  return el("div", { class: "choices" }, ...choices.map((choice, value) =>
    el("label", {}, el("input", { type: "radio", name: "prediction", value, required: true }), choice)));
}

async function reveal(one, at, predicted, answer, { made, show, link }) {
  const shown = await Promise.all(one.shown.map(made));
  const right = one.right(shown);
  const isRight = predicted === right;
  // Only the first prediction counts.
  if (!results.has(at)) results.set(at, isRight);
  const said = one.choices ? one.choices[right] : String(right);
  const more = link(shown);
  answer.replaceChildren(
    el("p", { class: `verdict ${predicted === null ? "" : isRight ? "right" : "wrong"}` }, isRight ? `Right: ${said}.` : `The answer is: ${said}.`),
    ...shown.map(show), ...one.told(shown).map((text) => el("p", {}, text)), ...(more ? [el("p", {}, more)] : []));
  const n = [...results.values()].filter(Boolean).length;
  byId("score").textContent = `${n} of ${plural(results.size, "prediction")} right so far.`;
  if (results.size === document.querySelectorAll("#questions form").length) finish();
}

// What the reader types is made into something and shown, at once and at every change; only the newest is.
export function ownText(make, show, event = "input") {
  const form = byId("own");
  let asked = 0;
  const draw = async () => {
    asked += 1;
    const mine = asked;
    const made = await make(form.elements);
    if (mine === asked) show(made);
  };
  onSubmit(form, () => {});
  form.addEventListener(event, () => attempt(draw));
  return attempt(draw);
}

// The plays that come with the page.
const PLAYS = new URL("../static/shakespeare.txt", import.meta.url);
let reading = null;
export function plays() {
  reading ??= fetch(PLAYS).then(unpacked).then((answered) => answered.text());
  return reading;
}

// Where a lesson goes on: to the exercise, where the page knows the course, and to the next page.
export function linksOn({ lesson, what, next, then }) {
  const course = document.querySelector("meta[name=course]")?.content;
  const links = [...(course ? [el("a", { href: course + lesson }, what)] : []), el("a", { href: next }, then)];
  byId("onward").replaceChildren(...links.flatMap((link, at) => (at ? [" · ", link] : [link])));
}
