// What can be saved or shared: a link, a page, a picture.

import { page } from "./api.js";
import { download, plural } from "./dom.js";
import { state, toFragment, writeFragment } from "./state.js";
import { colour, visible } from "./visible.js";

// How many tokens of each encoding a picture shows, and how many letters of each.
const MOST_TOKENS = 1500;
const MOST_LETTERS = 200;
const [WIDTH, MARGIN, LINE, PAD] = [960, 24, 30, 5];

export async function copyLink() {
  const fragment = await toFragment();
  if (fragment === null) return "This is too long for a link.";
  writeFragment(fragment);
  try {
    await navigator.clipboard.writeText(location.href);
    return "The link is copied. It holds the text, the encodings and the step.";
  } catch {
    return "The link is in the address bar. It holds the text, the encodings and the step.";
  }
}

// A page with `?embed` shows the text and its tokens alone, for a frame in a page of the reader's.
export const IS_FRAME = new URLSearchParams(location.search).has("embed");
const FRAME_HEIGHT = 420;

// The line that shows this text and its tokens on another page.
export async function copyFrame() {
  const fragment = await toFragment();
  if (fragment === null) return "This is too long for a link.";
  const address = `${location.origin}${location.pathname}?embed${fragment}`.replaceAll("&", "&amp;").replaceAll('"', "%22");
  const line = `<iframe src="${address}" title="Tokens in the minitok playground" loading="lazy" `
    + `style="width: 100%; height: ${FRAME_HEIGHT}px; border: 1px solid #8888; border-radius: 8px"></iframe>`;
  try {
    await navigator.clipboard.writeText(line);
    return "The frame is copied: a line of HTML that shows this text and its tokens on your page.";
  } catch {
    return `This line of HTML shows the text and its tokens on your page: ${line}`;
  }
}

export async function savePage() {
  const { text, special, encodings, chosen } = state;
  const encoding = chosen?.encoding ?? encodings[0];
  download("tokens.html", await page({ text, special, encoding }));
  return "Saved as tokens.html, a self-contained page.";
}

// The tokens of all encodings shown, drawn as they stand on the page, in the colours of light or dark.
export async function savePicture(panels) {
  const style = getComputedStyle(document.documentElement);
  const tone = (name) => style.getPropertyValue(`--${name}`).trim();
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const font = (bold) => `${bold ? "bold " : ""}16px ui-monospace, "DejaVu Sans Mono", monospace`;
  pen.font = font(false);
  const laid = panels.map(({ one, strip }) => layOut(pen, one, strip));
  const height = laid.reduce((sum, { lines }) => sum + (lines + 2) * LINE, 2 * MARGIN);
  const scale = Math.min(2, 16_000 / height);
  canvas.width = WIDTH * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  pen.fillStyle = tone("paper");
  pen.fillRect(0, 0, WIDTH, height);
  pen.textBaseline = "middle";
  let top = MARGIN;
  for (const { title, boxes, lines } of laid) {
    pen.font = font(true);
    pen.fillStyle = tone("ink");
    pen.fillText(title, MARGIN, top + LINE / 2);
    pen.font = font(false);
    for (const { x, line, width, text, index } of boxes) {
      pen.fillStyle = tone(`t${index}`);
      pen.beginPath();
      pen.roundRect(x, top + (line + 1) * LINE, width, LINE - 4, 5);
      pen.fill();
      pen.fillStyle = tone("token-ink");
      pen.fillText(text, x + PAD, top + (line + 1.5) * LINE - 2, width - 2 * PAD);
    }
    top += (lines + 2) * LINE;
  }
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  download("tokens.png", blob);
  return "Saved as tokens.png.";
}

// Where each token of a strip stands.
function layOut(pen, one, strip) {
  const shown = Math.min(strip.n, MOST_TOKENS);
  let [x, line, before] = [MARGIN, 0, null];
  const boxes = [];
  for (let token = 0; token < shown; token += 1) {
    const text = visible(strip.bytesOf(token)).slice(0, MOST_LETTERS);
    const width = Math.min(pen.measureText(text).width + 2 * PAD, WIDTH - 2 * MARGIN);
    if (x + width > WIDTH - MARGIN) [x, line] = [MARGIN, line + 1];
    before = colour(strip.ids[token], before);
    boxes.push({ x, line, width, text, index: before });
    x += width + 3;
  }
  const rest = shown < strip.n ? `, of which the first ${shown}` : "";
  return { title: `${one.title}: ${plural(strip.n, "token")}${rest}`, boxes, lines: line + 1 };
}
