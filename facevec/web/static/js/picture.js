// A picture with its faces framed and labelled. Frames scale with the picture, labels keep their size.

import { el } from "./dom.js";
import { TRANSLATED, label, number, percent, say } from "./i18n.js";
import { Labels } from "./labels.js";
import { symbol, who } from "./status_words.js";

const LARGEST_ZOOM = 2.5;

let labels = null;
const sizes = new ResizeObserver(() => labels.place());
document.addEventListener(TRANSLATED, () => labels?.place());

/**
 * Show the picture at `address` with `image`, an answer's entry; `pick` is told which face was clicked.
 * Returns what highlights face number `index`, or none for null.
 */
export function showPicture(holder, address, image, pick) {
  const picture = el("img", { src: address });
  label(picture, "alt", "recognize.alt", { count: image.faces.length });
  const faces = image.faces.map((face, index) => ({
    box: face.box,
    frame: frame(face, image, {
      click: () => pick(index),
      pointerenter: () => labels.point(index),
      pointerleave: () => labels.point(null),
    }),
    tag: tag(face, index, !image.bands, () => pick(index)),
  }));
  holder.style.setProperty("--ratio", image.width / image.height);
  holder.style.setProperty("--widest", `${Math.round(image.width * LARGEST_ZOOM)}px`);
  const layer = el("div", { class: "layer", "aria-hidden": "true" });
  layer.append(...faces.map((face) => face.frame), ...faces.map((face) => face.tag));
  holder.replaceChildren(picture, layer);

  labels = new Labels(layer, faces, () => layer.getBoundingClientRect().width / image.width);
  sizes.disconnect();
  sizes.observe(layer);
  return (index) => {
    layer.classList.toggle("picked", index !== null);
    faces.forEach((face, at) => {
      face.frame.classList.toggle("selected", at === index);
      face.tag.classList.toggle("selected", at === index);
    });
    labels.select(index);
  };
}

function frame(face, image, listeners) {
  const { x_min, y_min, x_max, y_max } = face.box;
  const element = el("div", { class: `frame ${face.status}`, ...listeners });
  const share = (length, whole) => `${(100 * length) / whole}%`;
  element.style.left = share(x_min, image.width);
  element.style.top = share(y_min, image.height);
  element.style.width = share(x_max - x_min, image.width);
  element.style.height = share(y_max - y_min, image.height);
  return element;
}

function tag(face, index, exact, pick) {
  const details = el("span", { class: "details" }, ...measures(face, exact));
  return el(
    "div",
    { class: `tag ${face.status}`, click: pick },
    el("span", { class: "digit" }, String(index + 1)),
    el("span", { class: "words" }, el("span", { class: "who" }, symbol(face.status), who(face)), details),
  );
}

function measures(face, exact) {
  const parts = [];
  if (exact && face.distance !== null) parts.push(say("face.distance"), " ", number(face.distance));
  if (face.emotion?.top) {
    if (parts.length) parts.push(" · ");
    parts.push(say(`emotion.${face.emotion.top}`), " ", percent(face.emotion.scores[face.emotion.top]));
  }
  return parts;
}
