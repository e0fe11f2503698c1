// What can be saved or shared: a link, a frame, a page, a picture.

import { IS_LOCAL, page } from "./api.js";
import { byId, download, plural, svg } from "./dom.js";
import { state, toFragment, writeFragment } from "./state.js";
import { visible } from "./visible.js";

// How many tokens of each encoding a picture shows, and how many letters of each.
const MOST_TOKENS = 1500;
const MOST_LETTERS = 200;
const [WIDTH, MARGIN, LINE, PAD] = [960, 24, 34, 6];
const FONT = 'ui-monospace, "DejaVu Sans Mono", monospace';

export async function copyLink() {
  const fragment = await toFragment();
  if (fragment === null) return "This is too long for a link.";
  writeFragment(fragment);
  const holds = `It holds the text, the encodings and the step.${IS_LOCAL ? " It opens on this machine only: for others, put the part from # on behind "
    + "the address of a playground that they can reach." : ""}`;
  return `${await isCopied(location.href) ? "The link is copied." : "The link is in the address bar."} ${holds}`;
}

const isCopied = async (text) => await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;

// A page with `?embed` is for a frame in a page of the reader's: a text and its tokens; with `=tree`, the tree, too; with `=train`, a
// training. With `?present`, it is for a wall.
const asked = new URLSearchParams(location.search);
export const FRAME = asked.get("embed");
export const IS_FRAME = FRAME !== null;
export const IS_PRESENTED = asked.has("present");
const HEIGHTS = { "": 420, tree: 860 };

// Whoever has the page in a frame hears how high it is.
export function tellHeight() {
  new ResizeObserver(() => parent.postMessage({ minitok: { height: document.body.offsetHeight } }, "*")).observe(document.body);
}

// The line that shows this text and its tokens on another page.
export async function copyFrame() {
  const fragment = await toFragment();
  if (fragment === null) return "This is too long for a link.";
  const kind = state.chosen ? "tree" : "";
  const address = `${location.origin}${location.pathname}?embed${kind && `=${kind}`}${fragment}`.replaceAll("&", "&amp;").replaceAll('"', "%22");
  const line = `<iframe src="${address}" title="Tokens in the minitok playground" loading="lazy" `
    + `style="width: 100%; height: ${HEIGHTS[kind]}px; border: 1px solid #8888; border-radius: 8px"></iframe>`;
  return await isCopied(line) ? "The frame is copied: a line of HTML that shows this on your page." : `This line of HTML shows this on your page: ${line}`;
}

export async function savePage() {
  const { text, special, encodings, chosen } = state;
  const encoding = chosen?.encoding ?? encodings[0];
  download("tokens.html", await page({ text, special, encoding }));
  return "Saved as tokens.html, a self-contained page.";
}

// The tokens of all encodings shown, the tree of the chosen one, and where they are from: as SVG, or as PNG.
export async function savePicture(panels, kind) {
  const drawing = await drawn(panels);
  const written = new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" });
  download(`tokens.${kind}`, kind === "svg" ? written : await rasterized(written, drawing));
  return `Saved as tokens.${kind}.`;
}

async function drawn(panels) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.font = `16px ${FONT}`;
  const look = getComputedStyle(document.documentElement);
  // Not every program that shows SVG knows these colours: one pixel says what they are.
  const plain = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return alpha ? `rgb(${red},${green},${blue})` : "none";
  };
  const text = (x, y, content, more = {}) =>
    svg("text", { x, y, "font-size": 16, "font-family": FONT, fill: plain(look.getPropertyValue("--ink")), "xml:space": "preserve", ...more }, content);
  const parts = [];
  let top = MARGIN;
  for (const { one, strip } of panels) {
    const { title, boxes, lines } = layOut(pen, one, strip);
    parts.push(text(MARGIN, top + 18, title, { "font-weight": "bold" }));
    for (const { x, line, width, said, index } of boxes) {
      const { backgroundColor, borderTopColor, color } = getComputedStyle(strip.element(index) ?? strip.element(strip.at(0)));
      const y = top + (line + 1) * LINE;
      parts.push(svg("rect", { x, y, width, height: LINE - 6, rx: 6, fill: plain(backgroundColor), stroke: plain(borderTopColor) }),
        text(x + PAD, y + 19, said, { fill: plain(color), textLength: width - 2 * PAD, lengthAdjust: "spacingAndGlyphs" }));
    }
    top += (lines + 1.6) * LINE;
  }
  for (const tree of byId("inside").querySelectorAll(".tree")) {
    const [width, height] = [tree.width.baseVal.value, tree.height.baseVal.value];
    const scale = Math.min(1, (WIDTH - 2 * MARGIN) / width);
    parts.push(svg("g", { transform: `translate(${MARGIN} ${top}) scale(${scale})` }, ...copied(tree, plain)));
    top += height * scale + LINE;
  }
  parts.push(text(MARGIN, top + 6, `minitok: ${location.origin}${location.pathname}`, { "font-size": 12, fill: plain(look.getPropertyValue("--soft")) }));
  top += LINE;
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", width: WIDTH, height: top, viewBox: `0 0 ${WIDTH} ${top}` },
    svg("rect", { width: WIDTH, height: top, fill: plain(look.getPropertyValue("--paper")) }), ...parts);
}

// A drawing with what its style says written into it.
function copied(tree, plain) {
  const copy = tree.cloneNode(true);
  const originals = tree.querySelectorAll("*");
  for (const [at, one] of copy.querySelectorAll("*").entries()) {
    const { fill, stroke, strokeWidth, fontSize, opacity, textAnchor } = getComputedStyle(originals[at]);
    const values = { fill: plain(fill), stroke: plain(stroke), "stroke-width": strokeWidth, "font-size": fontSize, "font-family": FONT, opacity, "text-anchor": textAnchor };
    for (const [name, value] of Object.entries(values)) one.setAttribute(name, value);
  }
  return copy.childNodes;
}

async function rasterized(written, drawing) {
  const image = new Image();
  const address = URL.createObjectURL(written);
  image.src = address;
  await image.decode();
  const [width, height] = [drawing.width.baseVal.value, drawing.height.baseVal.value];
  const scale = Math.min(2, 16_000 / height);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * scale, height: height * scale });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

// Where each token of a strip stands.
function layOut(pen, one, strip) {
  const shown = Math.min(strip.n, MOST_TOKENS);
  let [x, line] = [MARGIN, 0];
  const boxes = [];
  for (let index = 0; index < shown; index += 1) {
    const said = visible(strip.bytesOf(index)).slice(0, MOST_LETTERS);
    const width = Math.min(pen.measureText(said).width + 2 * PAD, WIDTH - 2 * MARGIN);
    if (x + width > WIDTH - MARGIN) [x, line] = [MARGIN, line + 1];
    boxes.push({ x, line, width, said, index });
    x += width + 4;
  }
  const rest = shown < strip.n ? `, of which the first ${shown}` : "";
  return { title: `${one.title}: ${plural(strip.n, "token")}${rest}`, boxes, lines: line + 1 };
}
