// One worker: who they are, their photos, renaming, removing.

import { call, callJson } from "./api.js";
import { confirm } from "./confirm.js";
import { el } from "./dom.js";
import { moment, say } from "./i18n.js";
import { clearProblem, showProblem } from "./notice.js";
import { addPhotos, photoList } from "./worker_photos.js";

/** A worker as the service has them, with the tag that guards against changes by others meanwhile. */
export async function readWorker(id) {
  const answer = await call("GET", `workers/${id}`);
  return { ...(await answer.json()), tag: answer.headers.get("ETag") };
}

/**
 * Everything about `worker`. `changed` and `removed` are called when they were, the latter with what the
 * receipt is called, `grown` when photos came to them and what is shown should stay.
 */
export function workerView(worker, { changed, grown, removed }) {
  const fault = el("div", { class: "notice bad", role: "alert", hidden: true });
  const guarded = () => ({ "If-Match": worker.tag });

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
      const headers = { ...guarded(), "Content-Type": "application/json" };
      await callJson("PATCH", `workers/${worker.id}`, { body: JSON.stringify({ name }), headers });
      changed("worker.renamed");
    });

  const remove = async () => {
    if (!(await confirm("worker.remove", { name: worker.name }))) return;
    await attempt(async () => {
      const answer = await call("DELETE", `workers/${worker.id}`, { headers: guarded() });
      removed(answer.headers.get("X-Erasure-Receipt"));
    });
  };

  const removePhoto = async (photo) => {
    if (!(await confirm("worker.remove_photo", { name: photo.source }))) return;
    await attempt(async () => {
      await call("DELETE", `workers/${worker.id}/photos/${photo.id}`);
      changed("worker.photo_removed");
    });
  };

  let photos = photoList(worker, removePhoto);
  const added = async (all) => {
    if (all) return changed("worker.photos_added");
    Object.assign(worker, await readWorker(worker.id));
    const now = photoList(worker, removePhoto);
    photos.replaceWith(now);
    photos = now;
    return grown();
  };

  return el(
    "div",
    { class: "stack" },
    fault,
    facts(worker),
    renameForm(worker, rename),
    photos,
    addPhotos(worker, attempt, added),
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
    ...worker.distinct_from.map(distinction),
  );
}

/** A look-alike who was decided to be somebody else. */
function distinction({ worker_id: id, name, decided_by: by, decided_at: at }) {
  const other = el("a", { href: `#w${id}` }, el("bdi", {}, name));
  return fact("worker.distinct_from", el("span", {}, other, " · ", el("bdi", {}, by), " · ", moment(at)));
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
