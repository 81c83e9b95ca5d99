// The labels on a picture. They are measured here, where their words and fonts are known, and placed by the
// service, whose layout is the annotated picture's. Until then, and where it cannot be asked, they stay away.

import { callJson } from "./api.js";
import { MAX_LABELS } from "./limits.js";

/** Ways to write the labels, the fullest first; the style sheet says what each leaves out. */
const STYLES = ["full", "brief"];
const NUMBERS = "number";
const GAP = 4;
const QUIET_MS = 80;

export class Labels {
  #layer;
  #faces;
  #scale;
  #asking = new AbortController();
  #layout = null;
  #selected = null;
  #pointed = null;

  /** Labels of `faces`: {box, tag} each; `scale` gives the screen's pixels in one of the picture. */
  constructor(layer, faces, scale) {
    this.#layer = layer;
    this.#faces = faces.slice(0, MAX_LABELS);
    this.#scale = scale;
    layer.classList.add("unplaced");
  }

  /** Show face number `index`'s label in full, whatever room there is; null for none. */
  select(index) {
    this.#selected = index;
    this.#show();
  }

  /** As `select`, while the pointer is on the face. */
  point(index) {
    this.#pointed = index;
    this.#show();
  }

  /** Ask where they go, now that the picture has another size or they have other words. */
  async place() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#layer.classList.add("unplaced");
    if (this.#layout) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    if (signal.aborted || !this.#faces.length || !this.#layer.clientWidth) return;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify(this.#measured());
    const layout = await callJson("POST", "recognize/labels", { body, headers, signal }).catch(() => null);
    if (signal.aborted || !layout) return;
    this.#layout = layout;
    this.#layer.classList.remove("unplaced");
    this.#show();
  }

  #measured() {
    const { width, height } = this.#layer.getBoundingClientRect();
    const scale = this.#scale();
    const shown = (box) => Object.fromEntries(Object.entries(box).map(([side, at]) => [side, at * scale]));
    return {
      width,
      height,
      faces: this.#faces.map((face) => shown(face.box)),
      styles: STYLES.map((style) => this.#sizes(style)),
      numbers: this.#sizes(NUMBERS),
      gap: GAP,
    };
  }

  #sizes(style) {
    for (const { tag } of this.#faces) tag.dataset.style = style;
    return this.#faces.map(({ tag }) => {
      const { width, height } = tag.getBoundingClientRect();
      return { width: Math.ceil(width), height: Math.ceil(height) };
    });
  }

  #show() {
    if (!this.#layout) return;
    const { style, places, alone } = this.#layout;
    const common = STYLES[style] ?? NUMBERS;
    this.#faces.forEach(({ tag }, index) => {
      const inFull = index === (this.#pointed ?? this.#selected);
      const { left, top } = inFull && common !== STYLES[0] ? alone[index] : places[index];
      tag.dataset.style = inFull ? STYLES[0] : common;
      tag.classList.toggle("in-full", inFull);
      tag.style.left = `${left}px`;
      tag.style.top = `${top}px`;
    });
  }
}
