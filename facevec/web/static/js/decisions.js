// The fifth page: who was recognised and waits to be confirmed, and what takes a second person.

import { Problem, callJson } from "./api.js";
import { byId, el, show } from "./dom.js";
import { moment, number, say } from "./i18n.js";
import { clearProblem, showProblem } from "./notice.js";
import { start } from "./page.js";

const busy = byId("busy");

async function refresh() {
  busy.replaceChildren(say("decisions.busy"));
  clearProblem(byId("fault"));
  await list("reviews", review);
  await list("approvals", approval);
  busy.replaceChildren();
}

/** Show what waits of a kind; a key that may not see it is shown nothing of it. */
async function list(kind, entry) {
  const section = byId(kind);
  try {
    const waiting = (await callJson("GET", kind))[kind].filter((one) => one.state !== "approved");
    section.querySelector("ul").replaceChildren(...waiting.map(entry));
    show(section.querySelector(".none"), waiting.length === 0);
    show(section);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    show(section, false);
    if (error.code !== "forbidden") showProblem(byId("fault"), error);
  }
}

function review(one) {
  return el(
    "li",
    {},
    el("a", { class: "who", href: `./workers#w${one.worker.id}` }, el("bdi", {}, one.worker.name)),
    el("span", {}, say("night.distance"), " ", number(one.distance, 3)),
    asked(one),
    el("span", {}, say("decisions.confirmed", { count: one.confirmed_by.length, of: one.persons })),
    buttons(`reviews/${one.id}`, { confirm: say("decisions.confirm"), reject: say("decisions.reject") }),
  );
}

function approval(one) {
  const worker = one.worker_id === null ? null : el("a", { href: `./workers#w${one.worker_id}` }, `#${one.worker_id}`);
  const content = Object.entries(one.content).map(([name, value]) => `${name}: ${value}`);
  const answers = { ...(one.whole ? { approve: say("decisions.approve") } : {}), refuse: say("decisions.refuse") };
  return el(
    "li",
    {},
    el("code", {}, one.deed),
    worker,
    content.length === 0 ? null : el("span", {}, content.join(", ")),
    asked(one),
    one.whole ? null : el("span", {}, say("decisions.same")),
    one.state === "waiting" ? buttons(`approvals/${one.id}`, answers) : say("decisions.refused"),
  );
}

const asked = (one) => el("span", {}, say("decisions.asked"), " ", moment(one.asked_at), ` ${one.asked_by}`);

function buttons(path, answers) {
  const press = ([decision, words]) =>
    el("button", { type: "button", "data-decision": decision, click: () => decide(path, decision) }, words);
  return el("div", { class: "actions" }, ...Object.entries(answers).map(press));
}

async function decide(path, decision) {
  try {
    await callJson("POST", path, {
      body: JSON.stringify({ decision }),
      headers: { "Content-Type": "application/json" },
    });
    await refresh();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await refresh();
    showProblem(byId("fault"), error);
  }
}

await start();
byId("refresh").addEventListener("click", refresh);
await refresh();
