// The pieces that each encoding's pattern makes of the beginning of the text, one lane for each pattern.

import { put } from "./api.js";
import { el, number } from "./dom.js";
import { lineUp } from "./lane.js";

// Show the lanes of a text, whose bytes these are; `link` is called with the bytes under the pointer.
export const showLanes = (asked, bytes, link) => put("lanes", "lanes", asked, (told) => {
  const note = told.whole ? [] : [el("p", { class: "count" }, `The first ${number(told.bytes)} bytes of the text:`)];
  return [...note, ...told.lanes.map((lane) => lineUp(lane, told.lanes[0], bytes, link))];
});
