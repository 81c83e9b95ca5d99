// The fourth page: what the last night came to, and whom it is about.

import { Problem, callJson } from "./api.js";
import { byId, el, show } from "./dom.js";
import { knows, moment, number, say } from "./i18n.js";
import { clearProblem, sentence, showProblem } from "./notice.js";
import { start } from "./page.js";

const busy = byId("busy");

async function refresh() {
  busy.replaceChildren(say("night.busy"));
  clearProblem(byId("fault"));
  try {
    const { night } = await callJson("GET", "night");
    showNight(night);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    showProblem(byId("fault"), error);
  }
  busy.replaceChildren();
}

function showNight(night) {
  show(byId("none"), night === null);
  show(byId("night"), night !== null);
  if (night === null) return;
  byId("when").replaceChildren(
    row("night.began", moment(night.began_at)),
    row("night.seconds", number(night.seconds, 1)),
    row("night.holder", night.holder),
  );
  const telling = night.steps.filter((step) => step.count > 0 || step.code !== null);
  show(byId("nothing"), telling.length === 0);
  byId("steps").replaceChildren(...telling.map(section));
}

function section(step) {
  const heading = `night-${step.name}`;
  const left = step.count - step.findings.length;
  return el(
    "section",
    { class: "card", "aria-labelledby": heading },
    el("h2", { id: heading }, title(step.name), " ", el("span", { class: "count" }, number(step.count, 0))),
    step.code === null ? null : el("p", { class: "mark bad" }, sentence(step.reason)),
    knows(`night.advice.${step.name}`) ? el("p", { class: "hint" }, say(`night.advice.${step.name}`)) : null,
    el("ul", { class: "findings" }, ...step.findings.map(entry)),
    left > 0 ? el("p", { class: "hint" }, say("night.more", { count: left })) : null,
  );
}

const title = (name) => (knows(`night.step.${name}`) ? say(`night.step.${name}`) : name);

function entry(finding) {
  const people = finding.workers.map((worker) =>
    el("a", { class: "who", href: `./workers#w${worker.id}` }, el("bdi", {}, worker.name)),
  );
  return el(
    "li",
    {},
    ...people,
    finding.photo_id === null ? null : el("span", {}, say("night.photo", { id: finding.photo_id })),
    finding.distance === null ? null : el("span", {}, say("night.distance"), " ", number(finding.distance, 3)),
    finding.at === null ? null : moment(finding.at),
    finding.reason === null ? null : sentence(finding.reason),
  );
}

const row = (key, value) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, value));

await start();
byId("refresh").addEventListener("click", refresh);
await refresh();
