// How a decided face is marked: a symbol and a word beside the colour, which is in the style sheet.

import { el } from "./dom.js";
import { say } from "./i18n.js";

const SYMBOLS = { identified: "✓", unknown: "?", ambiguous: "≈", low_quality: "∅", unconfirmed: "…" };

/** Symbol and word of a status. */
export function badge(status) {
  return el("span", { class: `badge ${status}` }, symbol(status), say(`face.${status}`));
}

/** The symbol alone. */
export function symbol(status) {
  return el("span", { class: "symbol", "aria-hidden": "true" }, SYMBOLS[status]);
}

/** Who a face is: the worker's name, with a question where people have to confirm it; else the status in a word. */
export function who(face) {
  if (face.review) return el("span", {}, el("bdi", {}, face.review.worker.name), "?");
  return face.worker ? el("bdi", {}, face.worker.name) : say(`face.${face.status}`);
}
