// Calls a facevec service from JavaScript: Node 18 or newer, Deno, or a server of your own. Never hand a key to a page.

const PASSING = new Set([429, 503]);

export class Problem extends Error {
  constructor(answer) {
    super(answer.detail);
    Object.assign(this, answer); // code, status, request_id, reasons
  }
}

export class Facevec {
  constructor(url, key, { retries = 3, patience = 60 } = {}) {
    Object.assign(this, { url: url.replace(/\/$/, ""), key, retries, patience });
  }

  /** Everyone in a picture. picture: its bytes, a Blob or a Buffer; options: max_faces, candidates, emotion. */
  async recognize(picture, name = "picture.jpg", options = {}) {
    return this.#post("/recognize", form({ file: [[picture, name]] }, options));
  }

  /** Whether a picture shows the worker. A claim that fails counts, so it is not asked again by itself. */
  async verify(picture, worker_id) {
    return this.#post("/verify", form({ file: [[picture, "picture.jpg"]] }, { worker_id }), 0);
  }

  /** Enrol somebody; the same external_id again adds the photos that are new. photos: [bytes, name] each. */
  async enrol(external_id, name, photos) {
    return this.#post("/workers", form({ files: photos }, { external_id, name }));
  }

  async #post(path, body, tries = this.retries) {
    const headers = { Authorization: `Bearer ${this.key}` };
    const answer = await fetch(`${this.url}/api/v1${path}`, { method: "POST", headers, body });
    const seconds = Number(answer.headers.get("Retry-After") ?? 1);
    if (PASSING.has(answer.status) && tries > 0 && seconds <= this.patience) {
      await new Promise((go) => setTimeout(go, seconds * 1000));
      return this.#post(path, body, tries - 1);
    }
    const document = await answer.json();
    if (!answer.ok) throw new Problem(document);
    return document;
  }
}

function form(files, fields) {
  const body = new FormData();
  for (const [field, pictures] of Object.entries(files))
    for (const [bytes, name] of pictures) body.append(field, new Blob([bytes]), name);
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.append(name, String(value));
  return body;
}
