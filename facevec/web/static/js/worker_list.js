// The list of workers: in parts, as the service gives them, and searched in what has been loaded.

import { callJson } from "./api.js";
import { byId, el, show } from "./dom.js";
import { say, speak } from "./i18n.js";
import { clearProblem, showProblem } from "./notice.js";

const PART = 50;
const search = byId("search");
const more = byId("more");
const fault = byId("list-fault");

let workers = [];
let cursor = null;

/** Wire the list and load its first part. */
export async function startList() {
  search.addEventListener("input", showList);
  more.addEventListener("click", loadMore);
  window.addEventListener("hashchange", showList);
  await reload();
}

/** Read the list again, as much of it as was there. */
export async function reload() {
  const wanted = Math.max(workers.length, 1);
  workers = [];
  cursor = null;
  do {
    if (!(await loadMore())) return;
  } while (cursor && workers.length < wanted);
}

async function loadMore() {
  clearProblem(fault);
  try {
    const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const part = await callJson("GET", `workers?limit=${PART}${from}`);
    workers = cursor ? [...workers, ...part.workers] : part.workers;
    cursor = part.next_cursor;
    showList();
    return true;
  } catch (error) {
    showProblem(fault, error);
    return false;
  }
}

function showList() {
  const wanted = plain(search.value.trim());
  const found = workers.filter((one) => plain(`${one.name} ${one.external_id ?? ""}`).includes(wanted));
  const counts = { count: found.length, all: workers.length };
  let state = "workers.count";
  if (workers.length === 0) state = "workers.empty";
  else if (cursor) state = "workers.count_part";
  else if (wanted) state = "workers.count_found";
  speak(byId("count"), state, counts);
  byId("workers").replaceChildren(...found.map(entry));
  show(more, cursor !== null);
}

function entry(worker) {
  const here = location.hash === `#w${worker.id}`;
  return el(
    "li",
    {},
    el(
      "a",
      { href: `#w${worker.id}`, "aria-current": here && "true" },
      el("bdi", { class: "who" }, worker.name),
      el(
        "small",
        {},
        worker.external_id ? `${worker.external_id} · ` : "",
        say("workers.photos", { count: worker.photo_count }),
      ),
    ),
  );
}

/** Without accents and capitals: "Jose" finds "José". */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
