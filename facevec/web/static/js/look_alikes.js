// The deliberate choice that somebody who looks like a worker is another person.

import { callJson } from "./api.js";
import { confirm } from "./confirm.js";
import { el, show } from "./dom.js";
import { say } from "./i18n.js";
import { sendPhotos } from "./upload.js";

/** Whom photos were refused as; `element` offers to say that it is somebody else, `ids` are those chosen. */
export class LookAlikes {
  /** `chosen` is called when a choice was made: the photos may be sent again. */
  constructor(chosen) {
    this.chosen = chosen;
    this.ids = new Set();
    this.element = el("div", { class: "notice look-alikes", role: "status", hidden: true });
  }

  /** As `sendPhotos`, with what was chosen. What fails is chosen no more. */
  async send(id, fields, photos, progress) {
    try {
      return await sendPhotos(id, fields, photos, this.ids, progress);
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /** Offer the choice for each worker whom one of the `refused` photos was taken for. */
  async offer(refused) {
    const ids = new Set(refused.map((one) => one.worker_id).filter(Boolean));
    const workers = await Promise.all([...ids].map((id) => callJson("GET", `workers/${id}`)));
    this.element.replaceChildren(...workers.map((worker) => this.choice(worker)));
    show(this.element, workers.length > 0);
  }

  /** Nothing is chosen any more. */
  clear() {
    this.ids.clear();
    this.element.replaceChildren();
    show(this.element, false);
  }

  choice({ id, name }) {
    const choose = async () => {
      if (!(await confirm("look_alike", { name }))) return;
      this.ids.add(id);
      show(this.element, false);
      this.chosen();
    };
    return el(
      "div",
      { class: "stack" },
      el("span", {}, say("look_alike.question", { name })),
      el(
        "div",
        { class: "actions" },
        el("a", { class: "button", href: `#w${id}` }, say("look_alike.same", { name })),
        el("button", { type: "button", click: choose }, say("look_alike.different", { name })),
      ),
    );
  }
}
