// Elements without markup: whatever a text holds becomes a text node or an attribute, never HTML.

const SVG = "http://www.w3.org/2000/svg";

// An element: attributes by name (`on...` listens, false and null leave out), children as elements or text.
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export const byId = (id) => document.getElementById(id);

export const number = (value) => value.toLocaleString("en");

export const plural = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

// A table in a box of its own, which a keyboard can scroll; `numeric` columns stand to the right.
export function table(caption, head, rows, numeric = []) {
  const cells = (row, tag) => row.map((cell, column) => {
    const isHead = tag === "th" && cell !== "";
    return el(isHead ? "th" : "td", { class: numeric.includes(column) ? "num" : null, scope: isHead ? "col" : null }, cell);
  });
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption },
    el("table", {}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...cells(head, "th"))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...cells(row, "td"))))));
}

// A bar for those who see it; its number stands beside it.
export function bar(share) {
  return svg("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { width: (100 * share).toFixed(2), height: 8 }));
}

// What a form does in place of being sent.
export function onSubmit(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
}

// What a file is saved as.
export function download(name, blob) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
