// What one text costs in each language: the Universal Declaration of Human Rights under one encoding, relative to English.

import { offer, put } from "./api.js";
import { bar, byId, number, onSubmit, table } from "./dom.js";

export class Bill {
  constructor() {
    this.form = byId("bill");
    this.encoding = this.form.elements.encoding;
    onSubmit(this.form, () => this.run());
    this.encoding.addEventListener("change", () => byId("billed").childElementCount && this.run());
  }

  // The encodings that can be chosen: those shown above, the last of them at first.
  offer(encodings) {
    offer(this.encoding, encodings, encodings.at(-1)?.[0]);
  }

  run() {
    return put("billed", "bill", { encoding: this.encoding.value }, drawn);
  }
}

// A row for each language, the dearest first.
function drawn({ title, base, tokens }) {
  const counts = Object.entries(tokens).sort(([, one], [, other]) => other - one);
  const most = counts[0][1];
  const rows = counts.map(([language, count]) =>
    [language, bar(count / most), (count / tokens[base]).toFixed(2), number(count)]);
  const head = ["Language", "", `× ${base}`, "Tokens"];
  return [table(`Tokens of the declaration by language, under ${title}`, head, rows, [2, 3])];
}
