// The first page: a picture goes in, names come out.

import { Problem, call, callJson } from "./api.js";
import { openCamera, startCamera } from "./camera.js";
import { byId, el, show } from "./dom.js";
import { showFaces } from "./faces.js";
import { say, speak } from "./i18n.js";
import { MAX_BYTES, TOO_LARGE } from "./limits.js";
import { clearProblem, showProblem } from "./notice.js";
import { start } from "./page.js";
import { ignoreStrayDrops, takePasted, takePictures } from "./pick.js";
import { showPicture } from "./picture.js";

const busy = byId("busy");
const fault = byId("fault");
const result = byId("result");
const note = byId("note");
const save = byId("save");

let current = null;
let address = null;
let running = new AbortController();

async function recognize(file) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  clearProblem(fault);
  byId("told").replaceChildren();
  show(result, false);
  working("recognize.busy");
  try {
    if (file.size > MAX_BYTES) throw new Problem({ code: TOO_LARGE });
    const body = form(file);
    const answer = await callJson("POST", "recognize", { body, signal });
    current = file;
    showResult(answer.images[0]);
  } catch (error) {
    if (signal.aborted) return;
    showProblem(fault, error);
  }
  working(null);
}

function showResult(image) {
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(current);
  const count = image.faces.length;
  speak(byId("result-title"), count ? "recognize.found" : "recognize.nobody", { count });
  tell(image.faces);
  show(save, count > 0);
  showNote(image);
  show(result);
  byId("drop").classList.add("compact");
  let highlight = () => {};
  let picked = null;
  const pick = (index) => {
    picked = index;
    highlight(index);
  };
  const inPicture = showPicture(byId("picture"), address, image, pick);
  const inTable = count ? showFaces(byId("table"), image, pick) : () => {};
  if (!count) byId("table").replaceChildren(el("p", { class: "hint" }, say("recognize.nobody_hint")));
  highlight = (index) => {
    inPicture(index);
    inTable(index);
  };
  result.onkeydown = (event) => {
    if (event.key === "Escape" && picked !== null) pick(null);
  };
  byId("result-title").focus({ preventScroll: true });
  result.scrollIntoView({ block: "start" });
}

/** For those who hear the page: who was found. */
function tell(faces) {
  const names = faces.flatMap((face) => (face.worker ? [face.worker.name] : []));
  const key = names.length ? "recognize.told" : "recognize.told_nobody";
  speak(byId("told"), key, { count: faces.length, names: names.join(", ") });
}

/** What the frames alone do not tell: nobody enrolled, a picture that was turned, faces left out. */
function showNote({ faces, faces_detected: detected, turned }) {
  const notes = [];
  if (faces.some((face) => face.status === "unknown" && face.distance === null)) {
    const link = el("a", { href: byId("workers-link").href }, say("nav.workers"));
    notes.push(el("p", {}, say("recognize.empty"), " ", link));
  }
  if (turned) notes.push(el("p", {}, say("recognize.turned")));
  if (detected > faces.length) {
    notes.push(el("p", {}, say("recognize.left_out", { count: detected - faces.length })));
  }
  note.replaceChildren(...notes);
  show(note, notes.length > 0);
}

async function saveAnnotated() {
  save.disabled = true;
  clearProblem(fault);
  try {
    const answer = await call("POST", "recognize/annotated", { body: form(current) });
    const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: nameOf(current) });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    showProblem(fault, error);
  }
  save.disabled = false;
}

const nameOf = (file) => `${file.name.replace(/\.[^.]*$/, "")}-facevec.jpg`;

function form(file) {
  const data = new FormData();
  data.append("file", file, file.name);
  data.append("visit", "false"); // nobody knows of when the picture is
  return data;
}

function working(key) {
  byId("main").setAttribute("aria-busy", String(key !== null));
  busy.replaceChildren(...(key ? [say(key)] : []));
}

await start();
startCamera();
ignoreStrayDrops();
const first = (files) => recognize(files[0]);
takePictures(document.body, byId("file"), first);
takePasted(first);
byId("open-camera").addEventListener("click", () => openCamera("environment", recognize, { once: true }));
save.addEventListener("click", saveAnnotated);
