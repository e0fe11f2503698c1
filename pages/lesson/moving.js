// A row of tokens that moves: a box and a letter for each byte, placed by transforms, so that a merge is seen to happen.

import { el, plural } from "../static/dom.js";
import { colour, visible } from "../static/visible.js";

// Pixels: the largest and the smallest letter; and parts of a letter: its width, the room beside it, between boxes, between pieces.
const [LARGEST, SMALLEST, WRAPPED] = [52, 20, 28];
const [WIDE, PAD, GAP, APART, HIGH] = [0.62, 0.3, 0.14, 0.55, 1.6];

const style = (one, values) => { for (const [name, value] of Object.entries(values)) one.style.setProperty(name, value); };
const at = (x, y) => `translate(${x}px, ${y}px)`;

export class Moving {
  constructor() {
    this.box = el("div", { class: "moving", role: "img" });
  }

  // A text of so many bytes, before any merge. Nothing moves when it comes.
  make(bytes) {
    const each = (kind, text = () => "") => Array.from(bytes, (byte) => el("div", { class: kind }, text(byte)));
    const name = (byte) => (byte < 0x80 ? visible(Uint8Array.of(byte)) : byte.toString(16));
    Object.assign(this, { bytes, boxes: each("box"), letters: each("letter", name), rings: each("ring") });
    this.box.classList.add("still");
    this.box.replaceChildren(...this.boxes, ...this.letters, ...this.rings);
    requestAnimationFrame(() => requestAnimationFrame(() => this.box.classList.remove("still")));
  }

  // The size of a letter: all in one line if they can be read there.
  size() {
    const room = this.box.clientWidth;
    const one = room / (Math.max(1, this.bytes.length) * (WIDE + 2 * PAD + GAP));
    return Math.min(LARGEST, one < SMALLEST ? Math.max(SMALLEST, Math.min(WRAPPED, 2 * one)) : one);
  }

  // Pieces as ids. `lit` are the places, counted through all pieces, at which a pair is pointed out; `fresh` is an id that is new.
  put(pieces, tokens, { lit = new Set(), fresh = null } = {}) {
    const [room, size] = [this.box.clientWidth, this.size()];
    const [gap, height, lean] = [GAP * size, HIGH * size, 0.12 * size];
    const width = (id) => (tokens.get(id).length * WIDE + 2 * PAD) * size;
    const ids = pieces.flat();
    const begins = new Set(pieces.map((_, piece) => pieces.slice(0, piece).flat().length));
    const placed = [];
    let [x, y, byte] = [0, 4, 0];
    ids.forEach((id, place) => {
      if (place && begins.has(place)) x += APART * size;
      // A pair that is pointed out stays in one line.
      const needed = width(id) + (lit.has(place) && !lit.has(place - 1) ? gap + width(ids[place + 1]) : 0);
      if (x && x + needed > room) [x, y] = [0, y + height + 0.35 * size];
      const [left, right] = [lit.has(place), lit.has(place - 1)];
      placed.push({ x: x + (left && !right ? lean : right && !left ? -lean : 0), y, width: width(id), byte });
      this.token(id, tokens.get(id).length, placed.at(-1), { size, height, isDim: lit.size && !left && !right, isNew: id === fresh });
      x += width(id) + gap;
      byte += tokens.get(id).length;
    });
    this.ring(lit, placed, { size, height });
    style(this.box, { height: `${y + height + 6}px` });
    this.box.dataset.ids = ids.join(" ");
    this.box.setAttribute("aria-label", `${plural(ids.length, "token")}: ${ids.map((id) => visible(tokens.get(id))).join(", ")}`);
  }

  // One token: its first box is as wide as it is, those of its other bytes are behind it.
  token(id, length, { x, y, width, byte }, { size, height, isDim, isNew }) {
    for (let k = 0; k < length; k += 1) {
      const [box, letter, inner] = [this.boxes[byte + k], this.letters[byte + k], x + (PAD + k * WIDE) * size];
      style(box, { height: `${height}px`, width: `${k ? (length - k) * WIDE * size : width}px`, transform: at(k ? inner : x, y) });
      const shrunk = this.bytes[byte + k] < 0x80 ? 1 : 0.5;
      style(letter, { "font-size": `${shrunk * size}px`, "line-height": `${height}px`, width: `${WIDE * size}px`, transform: at(inner, y) });
      box.className = `box t${colour(id)}${id > 255 ? " learnt" : ""}${k ? " behind" : ""}${isDim ? " dim" : ""}${isNew ? " fresh" : ""}`;
      letter.classList.toggle("dim", Boolean(isDim));
    }
  }

  // Around every place at which the pair stands, overlapping ones too.
  ring(lit, placed, { size, height }) {
    for (const ring of this.rings) ring.classList.remove("on");
    for (const place of lit) {
      const [one, other] = [placed[place], placed[place + 1]];
      const ring = this.rings[one.byte];
      const end = one.y === other.y ? other.x + other.width : one.x + one.width;
      style(ring, { height: `${height + 8}px`, width: `${end - one.x + 8}px`, transform: at(one.x - 4, one.y - 4), "border-radius": `${0.28 * size}px` });
      ring.classList.add("on");
    }
  }
}
