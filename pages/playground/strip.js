// The tokens of one encoding in a box that scrolls. A text of a megabyte has hundreds of thousands of tokens, of which a
// window shows some hundred: only blocks of tokens near the window are elements, all others are empty boxes of about the
// height that they would have.

import { hex } from "./bytes.js";
import { el } from "./dom.js";
import { colour, nodes, spoken } from "./visible.js";

const BLOCK = { tokens: 300, most: 400, bytes: 4000 };
const LINE = 28; // pixels
const TALL = 52; // of a line with ids below the tokens
const CHAR = 9;
const MARGIN = 600; // pixels above and below the window that are drawn, too
const NEWLINE = 10;

let strips = 0;

export class Strip {
  // `hear.hover(token)` is called with the token under the pointer, or null, and `hear.choose(token)` with the chosen one.
  constructor(label, hear) {
    this.hear = hear;
    strips += 1;
    this.prefix = `strip${strips}`;
    this.box = el("div", { class: "strip", tabindex: 0, "aria-label": label });
    this.marks = { linked: null, chosen: null, unstable: null };
    this.n = 0;
    this.watch = new IntersectionObserver((seen) => this.onSeen(seen), { root: this.box, rootMargin: `${MARGIN}px` });
    this.box.addEventListener("pointerover", (event) => hear.hover(this.indexOf(event.target)));
    this.box.addEventListener("pointerleave", () => hear.hover(null));
    this.box.addEventListener("click", (event) => {
      const index = this.indexOf(event.target);
      if (index !== null) hear.choose(index);
    });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  // New tokens: ids, where each begins (and, one more, where the last ends), the bytes of the text, and which ids are special or
  // added tokens; `changed` is from which token to which they are others than before, `other` which of them another tokenizer cuts otherwise.
  set({ ids, starts, bytes, kinds, view, changed = null, other = null }) {
    Object.assign(this, { ids, starts, bytes, kinds, view, changed, other, n: ids.length });
    const { scrollTop } = this.box;
    this.watch.disconnect();
    this.marks = { linked: null, chosen: null, unstable: null };
    this.blocks = this.cut();
    this.box.replaceChildren(...this.blocks.map((block) => block.box));
    // A list must have something to choose from.
    if (this.n) this.box.setAttribute("role", "listbox");
    else this.box.removeAttribute("role");
    this.box.removeAttribute("aria-activedescendant");
    let top = 0;
    for (const block of this.blocks) {
      if (top + block.height >= scrollTop && top <= scrollTop + this.box.clientHeight) this.draw(block);
      top += block.height;
      this.watch.observe(block.box);
    }
    this.box.scrollTop = scrollTop;
  }

  // Blocks end at the end of a line where there is one, so that lines look as they do in the text.
  cut() {
    const line = this.view === "both" ? TALL : LINE;
    const perLine = Math.max(20, Math.floor((this.box.clientWidth || 600) / CHAR));
    const widths = { text: 1, both: 2.2, ids: 1.8, bytes: 3.2 };
    const blocks = [];
    let first = 0;
    let lines = 0;
    for (let index = 0; index < this.n; index += 1) {
      const isLineEnd = this.bytes[this.starts[index + 1] - 1] === NEWLINE;
      lines += isLineEnd ? 1 : 0;
      const tokens = index + 1 - first;
      const size = this.starts[index + 1] - this.starts[first];
      const isFull = (isLineEnd && tokens >= BLOCK.tokens) || tokens >= BLOCK.most || size >= BLOCK.bytes;
      if (isFull || index === this.n - 1) {
        const height = line * Math.ceil(lines + (size * widths[this.view]) / perLine + 0.5);
        const box = el("div", { class: "block", role: "none" });
        box.style.height = `${height}px`;
        blocks.push({ box, first, end: index + 1, height, isDrawn: false });
        first = index + 1;
        lines = 0;
      }
    }
    this.byBox = new Map(blocks.map((block) => [block.box, block]));
    return blocks;
  }

  onSeen(seen) {
    for (const { target, isIntersecting } of seen) {
      const block = this.byBox.get(target);
      if (!block) continue;
      if (isIntersecting) this.draw(block);
      else this.empty(block);
    }
  }

  draw(block) {
    if (block.isDrawn) return;
    block.isDrawn = true;
    const tokens = [];
    for (let index = block.first; index < block.end; index += 1) tokens.push(this.token(index));
    block.box.replaceChildren(...tokens);
    block.box.style.height = "";
  }

  empty(block) {
    // The token that the keyboard is at must stay an element.
    const chosen = this.marks.chosen;
    if (!block.isDrawn || (chosen && chosen[0] < block.end && block.first < chosen[1])) return;
    block.height = block.box.offsetHeight;
    block.box.style.height = `${block.height}px`;
    block.box.replaceChildren();
    block.isDrawn = false;
  }

  token(index) {
    const id = this.ids[index];
    const bytes = this.bytesOf(index);
    const kind = this.kinds.get(id);
    const made = el("span", {
      id: `${this.prefix}-${index}`,
      role: "option",
      class: `token t${colour(id)} ${this.view}${kind ? ` ${kind}` : ""}${this.other?.[index] ? " other" : ""}`,
      "aria-selected": "false",
      "aria-label": `${spoken(bytes)}, id ${id}${kind ? `, ${kind} token` : ""}`,
      "aria-setsize": this.n,
      "aria-posinset": index + 1,
    });
    if (this.view === "ids") made.append(String(id));
    else if (this.view === "bytes") made.append(hex(bytes));
    else made.append(el("bdi", {}, ...nodes(bytes)));
    if (this.view === "both") made.append(el("small", {}, String(id)));
    if (this.view === "text" && bytes.at(-1) === NEWLINE) {
      made.classList.add("line-end");
      made.append(el("br"));
    }
    if (this.changed && this.changed.start <= index && index < this.changed.end) made.classList.add("changed");
    for (const kind of Object.keys(this.marks)) if (this.isMarked(kind, index)) this.paint(made, kind, true);
    return made;
  }

  bytesOf(index) {
    return this.bytes.subarray(this.starts[index], this.starts[index + 1]);
  }

  element(index) {
    return document.getElementById(`${this.prefix}-${index}`);
  }

  indexOf(target) {
    const token = target instanceof Element ? target.closest(".token") : null;
    return token ? Number(token.id.slice(this.prefix.length + 1)) : null;
  }

  // The tokens that hold bytes from `start` to `end`: the first, and the one after the last.
  range(start, end) {
    const first = this.at(start);
    return end > start && first < this.n ? [first, this.at(end - 1) + 1] : null;
  }

  // The token that holds a byte.
  at(byte) {
    let [low, high] = [0, this.n];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle + 1] <= byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isMarked(kind, index) {
    const range = this.marks[kind];
    return range !== null && range[0] <= index && index < range[1];
  }

  paint(token, kind, isOn) {
    token.classList.toggle(kind, isOn);
    if (kind === "chosen") token.setAttribute("aria-selected", String(isOn));
  }

  // Mark a range of tokens as `linked`, `chosen` or `unstable`, instead of those marked so before.
  mark(kind, range) {
    this.each(this.marks[kind], (token) => this.paint(token, kind, false));
    this.marks[kind] = range;
    this.each(range, (token) => this.paint(token, kind, true));
  }

  each(range, act) {
    for (const block of range ? this.blocks : []) {
      if (!block.isDrawn || block.end <= range[0] || range[1] <= block.first) continue;
      for (let index = Math.max(range[0], block.first); index < Math.min(range[1], block.end); index += 1) {
        act(block.box.children[index - block.first]);
      }
    }
  }

  // Choose a token, and bring it into the window.
  choose(index) {
    this.mark("chosen", [index, index + 1]);
    this.reveal(index);
    this.box.setAttribute("aria-activedescendant", `${this.prefix}-${index}`);
  }

  reveal(index) {
    const at = this.blocks.findIndex((one) => index < one.end);
    this.drawAround(at);
    const view = this.box.getBoundingClientRect();
    const token = this.element(index).getBoundingClientRect();
    if (token.top < view.top) this.box.scrollTop += token.top - view.top - LINE;
    else if (token.bottom > view.bottom) this.box.scrollTop += token.bottom - view.bottom + LINE;
  }

  // Draw a block and what will be near the window with it: once they have their true heights, nothing moves any more.
  drawAround(at) {
    for (const direction of [-1, 1]) {
      let height = 0;
      for (let near = at; this.blocks[near] && height < MARGIN + this.box.clientHeight; near += direction) {
        this.draw(this.blocks[near]);
        if (near !== at) height += this.blocks[near].box.offsetHeight;
      }
    }
  }

  onKey(event) {
    const moves = {
      ArrowRight: (at) => at + 1,
      ArrowLeft: (at) => at - 1,
      ArrowDown: (at) => this.lineAway(at, 1),
      ArrowUp: (at) => this.lineAway(at, -1),
      Home: () => 0,
      End: () => this.n - 1,
    };
    const move = moves[event.key];
    if (!move || !this.n || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.hear.choose(Math.min(this.n - 1, Math.max(0, move(this.marks.chosen?.[0] ?? -1))));
  }

  // The token that stands nearest above or below a token.
  lineAway(at, direction) {
    const here = this.element(at)?.getBoundingClientRect();
    let best = null;
    for (let index = at + direction; here && index >= 0 && index < this.n; index += direction) {
      const there = this.element(index)?.getBoundingClientRect();
      if (!there) break;
      const isOther = direction > 0 ? there.top >= here.bottom - 2 : there.bottom <= here.top + 2;
      if (!isOther) continue;
      if (best && Math.abs(there.top - best.top) > LINE / 2) break;
      const distance = Math.abs(there.left - here.left);
      if (!best || distance < best.distance) best = { index, distance, top: there.top };
    }
    return best ? best.index : at + direction;
  }
}
