// The photos of one worker: those enrolled, and more of them.

import { el, show } from "./dom.js";
import { moment, number, say, speak } from "./i18n.js";
import { LookAlikes } from "./look_alikes.js";
import { Photos } from "./photos.js";

const QUALITIES = { size: 0, sharpness: 0, brightness: 0, contrast: 0, yaw: 2, roll: 0 };

/** The photos of `worker` with their quality; `removePhoto` is told which one is to go. */
export function photoList(worker, removePhoto) {
  return el(
    "div",
    { class: "stack" },
    el("h3", {}, say("worker.photos", { count: worker.photos.length })),
    el("ul", { class: "photo-list" }, ...worker.photos.map((photo) => photoEntry(photo, removePhoto))),
  );
}

function photoEntry(photo, removePhoto) {
  const qualities = Object.entries(QUALITIES).map(([name, digits]) =>
    el("div", {}, el("dt", {}, say(`quality.${name}`)), el("dd", {}, number(photo.quality[name], digits))),
  );
  const remove = el(
    "button",
    { type: "button", click: () => removePhoto(photo) },
    say("worker.remove_photo"),
  );
  return el(
    "li",
    {},
    el("div", { class: "photo-head" }, el("bdi", { class: "file" }, photo.source), remove),
    el(
      "p",
      { class: "hint" },
      moment(photo.created_at),
      " · ",
      say(photo.has_pixels ? "worker.kept" : "worker.not_kept"),
    ),
    el("dl", { class: "qualities" }, ...qualities),
  );
}

/** What sends more photos of `worker`; `added` is told whether all of them were accepted. */
export function addPhotos(worker, attempt, added) {
  const photos = new Photos();
  const send = el("button", { type: "button", class: "primary", hidden: true }, say("worker.send_photos"));
  const alike = new LookAlikes(() => send.click());
  photos.element.addEventListener("change", () => {
    alike.clear();
    show(send);
  });
  send.addEventListener("click", async () => {
    const { files } = photos;
    if (!files.length) return;
    send.disabled = true;
    const progress = (done) => speak(send, "photos.sending", { done, all: files.length });
    progress(0);
    await attempt(async () => {
      const done = await alike.send(worker.id, {}, files, progress);
      photos.report(done);
      await alike.offer(done.refused);
      show(send, photos.files.length > 0);
      if (done.accepted.length) await added(done.refused.length === 0);
    });
    send.disabled = false;
    speak(send, "worker.send_photos");
  });
  const summary = el("summary", {}, say("worker.add_photos"));
  return el("details", { class: "more" }, summary, photos.element, alike.element, send);
}
