// The table beside the picture: all that was decided about each face.

import { el } from "./dom.js";
import { label, number, percent, say } from "./i18n.js";
import { badge } from "./status_words.js";

/**
 * Show the faces of `image`, an answer's entry, as a table; `pick` is told the face pointed at, or null.
 * Returns what highlights row number `index`, or none for null.
 */
export function showFaces(holder, image, pick) {
  const columns = columnsOf(image);
  const rows = image.faces.map((face, index) => row(face, index, columns, pick));
  const caption = el("caption", { class: "unseen" }, say("recognize.caption"));
  const body = el("tbody", { role: "rowgroup" }, ...rows);
  holder.replaceChildren(el("table", { role: "table" }, caption, head(columns), body));
  return (index) => {
    rows.forEach((one, at) => {
      one.classList.toggle("selected", at === index);
      one.querySelector("button").setAttribute("aria-pressed", String(at === index));
    });
    rows[index]?.scrollIntoView({ block: "nearest" });
  };
}

/** Scores that are said in bands only, without the scope for them, are no news beside the status. */
function columnsOf(image) {
  const scores = image.bands ? [] : ["distance", "margin"];
  const expressions = image.faces.some((face) => face.emotion) ? ["expression"] : [];
  return ["number", "name", "status", ...scores, ...expressions];
}

function head(columns) {
  const cells = columns.map((name) => el("th", { role: "columnheader", scope: "col" }, say(`face.${name}`)));
  return el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...cells));
}

function row(face, index, columns, pick) {
  const number_ = el("button", { type: "button", class: `digit ${face.status}`, "aria-pressed": "false" });
  number_.append(String(index + 1));
  label(number_, "aria-label", "face.show", { number: index + 1 });
  number_.addEventListener("focus", () => pick(index));
  const contents = {
    number: () => number_,
    name: () => name(face),
    status: () => badge(face.status),
    distance: () => measure(face.distance),
    margin: () => measure(face.margin),
    expression: () => expression(face.emotion),
  };
  const cells = columns.map((column) => cell(column, contents[column]()));
  return el("tr", { role: "row", click: () => pick(index) }, ...cells);
}

function cell(kind, content) {
  const element = el("td", { role: "cell", class: kind }, content);
  return ["distance", "margin"].includes(kind) ? label(element, "data-label", `face.${kind}`) : element;
}

function name(face) {
  if (!face.worker) return dash();
  const id = face.worker.external_id;
  return el("span", {}, el("bdi", { class: "who" }, face.worker.name), id ? el("small", {}, id) : "");
}

const measure = (value) => (value === null ? dash() : number(value));
const dash = () => el("span", { class: "none" }, "–");

function expression(emotion) {
  if (!emotion) return dash();
  const likeliest = Math.max(...Object.values(emotion.scores));
  if (!emotion.top) return el("span", { class: "none" }, say("emotion.unclear"));
  const fill = el("span", { class: "fill" });
  fill.style.width = `${100 * likeliest}%`;
  const words = el("span", {}, say(`emotion.${emotion.top}`), " ", percent(likeliest));
  return el(
    "span",
    { class: "expression-bar" },
    words,
    el("span", { class: "bar", "aria-hidden": "true" }, fill),
  );
}
