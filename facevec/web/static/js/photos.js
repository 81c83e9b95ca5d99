// Choosing photos of a worker: files, drops, camera shots; each with a thumbnail and what became of it.

import { openCamera } from "./camera.js";
import { el, show } from "./dom.js";
import { label, say } from "./i18n.js";
import { headline, sentence } from "./notice.js";
import { ACCEPT, takePictures } from "./pick.js";

/** A chooser of photos: `element` to put on a page, `files` to send, `report` to say what became of them. */
export class Photos {
  constructor() {
    this.entries = new Map();
    this.list = el("ul", { class: "thumbs" });
    label(this.list, "aria-label", "photos.chosen");
    const input = el("input", { type: "file", accept: ACCEPT, multiple: true, class: "unseen" });
    this.zone = el(
      "div",
      { class: "drop small" },
      el("p", { class: "drop-hint" }, say("photos.drop")),
      el(
        "div",
        { class: "actions" },
        el("label", { class: "button" }, say("photos.choose"), input),
        el(
          "button",
          { type: "button", click: () => openCamera("user", (shot) => this.add([shot])) },
          say("photos.camera"),
        ),
      ),
    );
    takePictures(this.zone, input, (files) => this.add(files));
    this.element = el("div", { class: "photos" }, this.zone, this.list);
  }

  /** Photos that are not enrolled yet, by the name they are sent under. */
  get files() {
    return [...this.entries]
      .filter(([, entry]) => !entry.accepted)
      .map(([name, entry]) => ({ name, file: entry.file }));
  }

  /** Add files, each under a name of its own. */
  add(files) {
    for (const file of files) {
      const name = this.freeName(file.name);
      const entry = {
        file,
        accepted: false,
        address: URL.createObjectURL(file),
        fate: el("span", { class: "fate" }),
      };
      entry.element = this.thumbnail(name, entry);
      this.entries.set(name, entry);
      this.list.append(entry.element);
    }
    this.element.dispatchEvent(new Event("change"));
  }

  /** Show which photos were accepted, and why others were refused. */
  report({ accepted, refused, turned }) {
    const lay = new Set(turned.map(({ source }) => source));
    for (const name of accepted)
      this.mark(name, "accepted", say(lay.has(name) ? "photos.accepted_turned" : "photos.accepted"));
    for (const one of refused) this.mark(one.source, "refused", headline(one.code), sentence(one.reason));
  }

  clear() {
    for (const name of [...this.entries.keys()]) this.drop(name);
  }

  mark(name, fate, ...words) {
    const entry = this.entries.get(name);
    if (!entry) return;
    entry.accepted = fate === "accepted";
    entry.element.className = fate;
    entry.fate.replaceChildren(...words);
    show(entry.element.querySelector("button"), !entry.accepted);
  }

  drop(name) {
    const entry = this.entries.get(name);
    URL.revokeObjectURL(entry.address);
    entry.element.remove();
    this.entries.delete(name);
  }

  thumbnail(name, entry) {
    const remove = el("button", { type: "button", class: "quiet", click: () => this.drop(name) }, "×");
    label(remove, "aria-label", "photos.take_out", { name });
    const words = el("span", { class: "words" }, el("bdi", { class: "file" }, name), entry.fate);
    return el("li", {}, el("img", { src: entry.address, alt: "" }), words, remove);
  }

  freeName(name) {
    const [, stem, ending] = name.match(/^(.*?)(\.[^.]*)?$/s);
    let free = name;
    for (let number = 2; this.entries.has(free); number += 1) free = `${stem} (${number})${ending ?? ""}`;
    return free;
  }
}
