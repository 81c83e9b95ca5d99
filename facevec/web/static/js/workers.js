// The second page: enrol workers, look at them, let them go. The address's #part says what is open.

import { startCamera } from "./camera.js";
import { byId, el, show } from "./dom.js";
import { say, speak } from "./i18n.js";
import { enrolForm } from "./enrol.js";
import { showProblem } from "./notice.js";
import { start } from "./page.js";
import { ignoreStrayDrops } from "./pick.js";
import { reload, startList } from "./worker_list.js";
import { readWorker, workerView } from "./worker.js";

const body = byId("panel-body");
const title = byId("panel-title");

let form = null;

async function open() {
  const id = location.hash.match(/^#w(\d+)$/)?.[1];
  const enrolling = location.hash === "#new";
  const opened = enrolling || Boolean(id);
  show(byId("panel"), opened);
  show(byId("welcome"), !opened);
  byId("columns").classList.toggle("opened", opened);
  if (enrolling) showEnrolment();
  if (id) await showWorker(id);
  if (opened) title.focus();
}

function showEnrolment() {
  form ??= enrolForm(reload);
  speak(title, "enrol.title");
  body.replaceChildren(form);
}

async function showWorker(id, told = null) {
  try {
    const worker = await readWorker(id);
    if (location.hash !== `#w${id}`) return;
    title.replaceChildren(el("bdi", {}, worker.name));
    delete title.dataset.t;
    const notice = told ? [el("p", { class: "notice good", role: "status" }, say(told))] : [];
    const heard = { changed: (what) => refresh(id, what), grown: reload, removed };
    body.replaceChildren(...notice, workerView(worker, heard));
  } catch (error) {
    speak(title, "worker.title");
    const fault = el("div", { class: "notice bad", role: "alert" });
    showProblem(fault, error);
    body.replaceChildren(fault);
  }
}

async function refresh(id, told) {
  await Promise.all([showWorker(id, told), reload()]);
  title.focus();
}

async function removed(receipt) {
  location.hash = "";
  await reload();
  const told = receipt ? say("workers.removed_with", { receipt }) : say("workers.removed");
  byId("count").prepend(told, " ");
  byId("list-title").focus();
}

await start();
startCamera();
ignoreStrayDrops();
window.addEventListener("hashchange", open);
await startList();
await open();
