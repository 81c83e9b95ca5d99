// Sending photos in as many requests as the service's limits ask for.

import { Problem, callJson } from "./api.js";
import { MAX_BYTES, MAX_FILES, TOO_LARGE } from "./limits.js";

/**
 * Enrol a new worker with `fields`, or add to the one called `id`, from `photos`: {name, file} each.
 * `distinct` are the ids of workers who are somebody else, however alike.
 * `progress` is told how many photos have been looked at. Returns {worker, accepted, refused, turned}; worker is
 * null when no photo would do. Throws Problem when the service refuses for another reason than the photos.
 */
export async function sendPhotos(id, fields, photos, distinct, progress = () => {}) {
  const tooLarge = photos.filter(({ file }) => file.size > MAX_BYTES);
  const refused = tooLarge.map(({ name }) => ({ source: name, code: TOO_LARGE, reason: "" }));
  const done = { worker: null, accepted: [], refused, turned: [] };
  for (const some of batches(photos.filter((photo) => !tooLarge.includes(photo)))) {
    const target = done.worker?.id ?? id;
    const answer = await (target
      ? send(`workers/${target}/photos`, {}, some, distinct)
      : send("workers", fields, some, distinct));
    done.worker = answer.worker ?? done.worker;
    done.accepted.push(...answer.accepted);
    done.refused.push(...answer.refused);
    done.turned.push(...answer.turned);
    progress(done.accepted.length + done.refused.length);
  }
  return done;
}

async function send(path, fields, photos, distinct) {
  const body = new FormData();
  for (const worker of distinct) body.append("distinct_from", worker);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  for (const { name, file } of photos) body.append("files", file, name);
  try {
    return await callJson("POST", path, { body });
  } catch (error) {
    const names = new Set(photos.map((photo) => photo.name));
    const all = error instanceof Problem && error.reasons.length > 0;
    if (!all || !error.reasons.every((reason) => names.has(reason.source))) throw error;
    return { worker: null, accepted: [], refused: error.reasons, turned: [] };
  }
}

function batches(photos) {
  const all = [];
  let bytes = Infinity;
  for (const photo of photos) {
    if (bytes + photo.file.size > MAX_BYTES || all.at(-1).length === MAX_FILES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1).push(photo);
    bytes += photo.file.size;
  }
  return all;
}
