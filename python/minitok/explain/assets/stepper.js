// A slider over steps, with buttons, for a mouse, a keyboard and a screen reader.

import { el, number } from "./dom.js";

const PACE = 700; // milliseconds between steps while playing

export class Stepper {
  // `label` is the plural of what is counted; `show(n)` draws the state after n steps; `onMove(n)` is called when the reader moves.
  constructor(label, show, onMove = () => {}) {
    Object.assign(this, { label, show, onMove, last: 0, timer: null, pace: () => PACE });
    const button = (text, name, act) => el("button", { type: "button", "aria-label": name, onclick: act }, text);
    this.slider = el("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": label, oninput: () => this.move(this.at) });
    this.back = button("◀", "one step back", () => this.move(this.at - 1));
    this.on = button("▶", "one step on", () => this.move(this.at + 1));
    this.player = button("Play", "play all steps", () => (this.timer ? this.stop() : this.play()));
    this.player.dataset.play = "";
    this.where = el("output", {});
    this.box = el("div", { class: "controls" }, this.player, this.back, this.slider, this.on, this.where);
  }

  get at() {
    return Number(this.slider.value);
  }

  // Steps 0 to `last`; go to one of them without telling `onMove`.
  set(last, at) {
    this.last = last;
    this.slider.max = last;
    this.go(at);
  }

  go(at) {
    this.slider.value = Math.max(0, Math.min(this.last, at));
    const said = `${number(this.at)} of ${number(this.last)} ${this.label}`;
    this.where.textContent = said;
    this.slider.setAttribute("aria-valuetext", said);
    this.back.disabled = this.at === 0;
    this.on.disabled = this.at === this.last;
    this.show(this.at);
  }

  move(at, isPlaying = false) {
    if (!isPlaying) this.stop();
    this.go(at);
    this.onMove(this.at);
  }

  play() {
    if (this.at === this.last) this.move(0);
    this.player.textContent = "Pause";
    const next = () => {
      this.timer = setTimeout(() => {
        if (!this.box.isConnected) return this.stop();
        this.move(this.at + 1, true);
        return this.at === this.last ? this.stop() : next();
      }, this.pace(this.at));
    };
    next();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.player.textContent = "Play";
  }
}
