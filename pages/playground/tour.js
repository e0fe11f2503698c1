// A guided tour: six steps, each of which does something on the page and says what to look at.

import { byId, el } from "./dom.js";

// Where the lessons of the course are; a page that is not beside them names them only.
export const COURSE = document.querySelector("meta[name=course]")?.content;
const FOX = "The quick brown fox jumps over the lazy dog.";
const BOTH = ["gpt2", "o200k_base"];
const PROMPT = "ROMEO: What is";

// `act(page)` does the step, by what main.js offers; `at` is the heading that is looked at.
export const STEPS = [
  {
    title: "A text becomes tokens", at: "tokens-heading", lesson: [1, "what a model sees"],
    act: (page) => page.show({ text: FOX, encodings: BOTH, view: "both" }),
    says: "Each box is a token above its id. The ids are all that a language model gets. There are ten: nine words and the full stop. A "
      + "dot stands for a space, which belongs to the word behind it. Point at a box, and its twin in the other vocabulary is outlined.",
  },
  {
    title: "Tokens are bytes", at: "tokens-heading", lesson: [2, "bytes"],
    act: (page) => page.show({ text: "naïve café 🦀", encodings: BOTH, view: "bytes" }),
    says: "Text is stored as bytes, and tokens are strings of bytes, shown here in hexadecimal. An é has two, a crab has four. A token "
      + "may hold a part of a character only: so it is with GPT-2’s crab.",
  },
  {
    title: "Pieces come first", at: "lanes-heading", lesson: [4, "split, then train"],
    act: (page) => page.show({ text: "I'LL pay 12345", encodings: BOTH, view: "text" }),
    says: "Before anything merges, a pattern cuts the text into pieces. The two vocabularies have different patterns: one keeps all "
      + "digits together, the other cuts them in threes, and only one of them knows 'LL in capitals.",
  },
  {
    title: "Why this token?", at: "inside-heading", lesson: [5, "encode"],
    act: async (page) => {
      await page.show({ text: "so unforgettably", encodings: BOTH, view: "text" });
      page.choose("gpt2", 2);
    },
    says: "A piece begins as single bytes. Again and again, the pair of neighbours that was learnt first is merged: the pair of lowest "
      + "rank. Move the slider to see each step, which pairs could have merged, and what came of it.",
  },
  {
    title: "A vocabulary of your own", at: "train-heading", lesson: [4, "split, then train"],
    act: async (page) => {
      await page.example("Shakespeare");
      await page.train({ vocab_size: 1000, name: "Shakespeare" });
    },
    says: "The text is now Shakespeare, and a vocabulary of 1,000 ids has been learnt from it: every step merges the most frequent pair "
      + "of neighbours. Move the slider to see each merge, and the pairs that it beat.",
  },
  {
    title: "From prompt to completion", at: "loop-heading", lesson: [12, "the loop closed"],
    act: (page) => page.complete(PROMPT, "Shakespeare"),
    says: "The smallest language model: it counted which token follows which in the text. The prompt becomes ids, the row of the last "
      + "id says what may come next, and the next id joins the others. Change the prompt, and complete it again.",
  },
];

export class Tour {
  // `page` does what the steps ask for.
  constructor(page) {
    // `wanted` is the step that was asked for while another one was being made.
    Object.assign(this, { page, step: 0, isBusy: false, wanted: null });
    this.box = byId("tour");
    this.back = el("button", { type: "button", onclick: () => this.go(this.step - 1) }, "Back");
    this.next = el("button", { type: "button", onclick: () => this.go(this.step + 1) }, "Next");
    const end = el("button", { type: "button", onclick: () => this.end() }, "End");
    this.words = el("div", { "aria-live": "polite" });
    this.box.replaceChildren(this.words, el("div", { class: "row" }, this.back, this.next, end));
    this.box.addEventListener("keydown", (event) => { if (event.key === "Escape") this.end(); });
    byId("tour-start").addEventListener("click", () => this.begin());
  }

  // The browser's way back leads to what was there before, and so does the end.
  begin() {
    history.pushState(null, "", location.href);
    if (this.box.hidden) this.before = this.page.kept();
    this.box.hidden = false;
    this.next.focus();
    this.go(0);
  }

  end() {
    this.box.hidden = true;
    this.wanted = null;
    this.mark(null);
    this.page.restore(this.before);
    byId("tour-start").focus();
  }

  async go(step) {
    if (step < 0) return;
    if (this.isBusy) {
      this.wanted = step;
      return;
    }
    if (step === STEPS.length) {
      this.end();
      return;
    }
    this.isBusy = true;
    this.step = step;
    const { title, says, lesson, at, act } = STEPS[step];
    this.words.setAttribute("aria-busy", "true");
    try {
      await act(this.page);
    } finally {
      this.isBusy = false;
      this.words.removeAttribute("aria-busy");
    }
    this.words.replaceChildren(
      el("h2", { id: "tour-heading" }, `${step + 1} of ${STEPS.length}: ${title}`), el("p", {}, says), el("p", {}, "More: ", lessonLink(...lesson), "."));
    this.back.setAttribute("aria-disabled", String(step === 0));
    this.next.textContent = step === STEPS.length - 1 ? "Finish" : "Next";
    this.mark(at);
    const wanted = this.wanted;
    this.wanted = null;
    if (wanted !== null) await this.go(wanted);
  }

  // Show a section, and outline it.
  mark(heading) {
    for (const marked of document.querySelectorAll(".toured")) marked.classList.remove("toured");
    if (this.box.hidden || !heading) return;
    const section = byId(heading).closest("section");
    section.classList.add("toured");
    section.scrollIntoView();
  }
}

function lessonLink(number, title) {
  const words = `lesson ${number}, ${title}`;
  return COURSE ? el("a", { href: `${COURSE}lesson-${String(number).padStart(2, "0")}.html` }, words) : words;
}
