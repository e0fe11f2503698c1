// Turns each list of steps into a slider. Everything shown is in the page already; nothing is fetched or written as HTML.
"use strict";

const PACE = 700; // milliseconds between steps while playing

function button(text, name) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", name);
  return made;
}

function makeSlider(stepper) {
  const frames = [...stepper.querySelectorAll("[data-frame]")];
  if (frames.length < 2) return;
  const { label } = stepper.dataset;
  const piece = stepper.closest("details");
  const drawn = piece ? [...piece.querySelectorAll(".tree [data-step]")] : [];
  // What is counted is the merges made. The first frame of an encoding is its bytes, that of a training its first merge.
  const first = drawn.length || piece ? 0 : 1;

  const controls = document.createElement("div");
  controls.className = "controls";
  const back = button("◀", "one step back");
  const on = button("▶", "one step on");
  const play = button("Play", "play all steps");
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: frames.length - 1, value: 0 });
  slider.setAttribute("aria-label", label);
  const where = document.createElement("output");
  controls.append(back, slider, on, play, where);
  stepper.prepend(controls);
  stepper.classList.add("stepping");
  stepper.querySelector(".frames").setAttribute("aria-live", "polite");

  function show() {
    const at = Number(slider.value);
    frames.forEach((frame, number) => { frame.hidden = number !== at; });
    const last = frames.length - 1;
    const said = `${(at + first).toLocaleString("en")} of ${(last + first).toLocaleString("en")} ${label}`;
    where.textContent = said;
    slider.setAttribute("aria-valuetext", said);
    back.disabled = at === 0;
    on.disabled = at === last;
    for (const part of drawn) {
      const step = Number(part.dataset.step);
      part.classList.toggle("later", step >= at);
      part.classList.toggle("current", step === at - 1 && step >= 0);
    }
  }

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }
  function move(by) {
    slider.value = Number(slider.value) + by;
    show();
  }
  back.addEventListener("click", () => { stop(); move(-1); });
  on.addEventListener("click", () => { stop(); move(1); });
  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (on.disabled) slider.value = 0;
    show();
    play.textContent = "Pause";
    timer = setInterval(() => {
      move(1);
      if (on.disabled) stop();
    }, PACE);
  });
  // The end of an encoding shows the whole tree; a training begins at its beginning.
  slider.value = piece ? frames.length - 1 : 0;
  show();
}

document.querySelectorAll(".stepper").forEach(makeSlider);
