// One worker: who they are, their photos, renaming, removing.

import { call, callJson } from "./api.js";
import { confirm } from "./confirm.js";
import { el, show } from "./dom.js";
import { moment, number, say, speak } from "./i18n.js";
import { clearProblem, showProblem } from "./notice.js";
import { Photos } from "./photos.js";
import { sendPhotos } from "./upload.js";

const QUALITIES = { size: 0, sharpness: 0, brightness: 0, contrast: 0, yaw: 2, roll: 0 };

/** A worker as the service has them, with the tag that guards against changes by others meanwhile. */
export async function readWorker(id) {
  const answer = await call("GET", `workers/${id}`);
  return { ...(await answer.json()), tag: answer.headers.get("ETag") };
}

/** Everything about `worker`; `changed` and `removed` are called when they were. */
export function workerView(worker, { changed, removed }) {
  const fault = el("div", { class: "notice bad", role: "alert", hidden: true });
  const guarded = { "If-Match": worker.tag };

  const attempt = async (action) => {
    clearProblem(fault);
    try {
      await action();
    } catch (error) {
      showProblem(fault, error);
      fault.scrollIntoView({ block: "nearest" });
    }
  };

  const rename = (name) =>
    attempt(async () => {
      const headers = { ...guarded, "Content-Type": "application/json" };
      await callJson("PATCH", `workers/${worker.id}`, { body: JSON.stringify({ name }), headers });
      changed("worker.renamed");
    });

  const remove = async () => {
    if (!(await confirm("worker.remove", { name: worker.name }))) return;
    await attempt(async () => {
      await call("DELETE", `workers/${worker.id}`, { headers: guarded });
      removed();
    });
  };

  const removePhoto = async (photo) => {
    if (!(await confirm("worker.remove_photo", { name: photo.source }))) return;
    await attempt(async () => {
      await call("DELETE", `workers/${worker.id}/photos/${photo.id}`);
      changed("worker.photo_removed");
    });
  };

  return el(
    "div",
    { class: "stack" },
    fault,
    facts(worker),
    renameForm(worker, rename),
    el("h3", {}, say("worker.photos", { count: worker.photos.length })),
    el("ul", { class: "photo-list" }, ...worker.photos.map((photo) => photoEntry(photo, removePhoto))),
    addPhotos(worker, attempt, changed),
    el(
      "div",
      { class: "actions end" },
      el("button", { type: "button", class: "danger", click: remove }, say("worker.remove")),
    ),
  );
}

function facts(worker) {
  const { consent } = worker;
  return el(
    "dl",
    { class: "facts" },
    fact("worker.external_id", worker.external_id ?? say("worker.none")),
    fact("worker.enrolled", moment(worker.created_at)),
    fact(
      "worker.consent",
      consent
        ? el("span", {}, el("bdi", {}, consent.text_version), ", ", moment(consent.given_at))
        : say("worker.no_consent"),
    ),
    consent?.expires_at ? fact("worker.consent_until", moment(consent.expires_at)) : "",
  );
}

const fact = (key, value) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, value));

function renameForm(worker, rename) {
  const input = el("input", {
    id: "rename",
    required: true,
    maxlength: 200,
    autocomplete: "off",
    value: worker.name,
  });
  const submit = el("button", { type: "submit" }, say("worker.rename"));
  const form = el(
    "form",
    { class: "field" },
    el("label", { for: "rename" }, say("worker.name")),
    el("div", { class: "joined" }, input, submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name && name !== worker.name) rename(name);
  });
  return form;
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

function addPhotos(worker, attempt, changed) {
  const photos = new Photos();
  const send = el("button", { type: "button", class: "primary", hidden: true }, say("worker.send_photos"));
  photos.element.addEventListener("change", () => show(send));
  send.addEventListener("click", async () => {
    const { files } = photos;
    if (!files.length) return;
    send.disabled = true;
    const progress = (done) => speak(send, "photos.sending", { done, all: files.length });
    progress(0);
    await attempt(async () => {
      const done = await sendPhotos(worker.id, {}, files, progress);
      photos.report(done);
      if (done.refused.length === 0) changed("worker.photos_added");
    });
    send.disabled = false;
    speak(send, "worker.send_photos");
  });
  return el("details", { class: "more" }, el("summary", {}, say("worker.add_photos")), photos.element, send);
}
