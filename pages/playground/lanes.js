// The pieces that each encoding's pattern makes of the beginning of the text, one lane for each pattern.

import { latest, Refused } from "./api.js";
import { byId, el, number } from "./dom.js";
import { lineUp } from "./lane.js";

// Show the lanes of a text, whose bytes these are; `link` is called with the bytes under the pointer.
export async function showLanes(asked, bytes, link) {
  try {
    const told = await latest("lanes", asked);
    if (!told) return;
    const note = told.whole ? [] : [el("p", { class: "count" }, `The first ${number(told.bytes)} bytes of the text:`)];
    byId("lanes").replaceChildren(...note, ...told.lanes.map((lane) => lineUp(lane, told.lanes[0], bytes, link)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId("lanes").replaceChildren(el("p", { class: "lead" }, error.message));
  }
}
