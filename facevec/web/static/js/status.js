// The third page: how the service is, and what it works with.

import { Problem, callJson } from "./api.js";
import { byId, el } from "./dom.js";
import { moment, number, percent, say } from "./i18n.js";
import { clearProblem, headline, sentence, showProblem } from "./notice.js";
import { start } from "./page.js";

const MEGABYTE = 1e6;
const ORIGINS = {
  settings: "status.from_settings",
  calibration: "status.from_calibration",
  model: "status.from_model",
  default: "status.from_default",
};
const busy = byId("busy");

async function refresh() {
  busy.replaceChildren(say("status.busy"));
  clearProblem(byId("fault"));
  byId("health").replaceChildren(
    await state("status.alive", "../../healthz"),
    await state("status.ready", "../../readyz"),
  );
  try {
    const index = await callJson("GET", "index");
    showIndex(index);
    if (index.thresholds) showThresholds(index.thresholds);
    showModels(await callJson("GET", "models"));
  } catch (error) {
    showProblem(byId("fault"), error);
  }
  busy.replaceChildren();
}

async function state(key, path) {
  try {
    await callJson("GET", path, { patience: 0 });
    return row(key, mark("good", say("status.yes")));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return row(key, mark("bad", headline(problem.code), " ", sentence(problem.message)));
  }
}

function showIndex(index) {
  const behind = index.registry_revision - index.live_revision;
  const live = behind
    ? mark("bad", say("status.behind", { count: behind }))
    : mark("good", say("status.up_to_date"));
  const rows = [
    row("status.workers", number(index.workers, 0)),
    row("status.templates", number(index.templates, 0)),
    row("status.revision", number(index.registry_revision, 0)),
    row("status.live", live),
    row("status.consent", consentWords(index.consent)),
  ];
  if (index.generation) {
    rows.push(
      row("status.generation", el("code", {}, index.generation)),
      row("status.written", moment(index.created_at)),
      row("status.lag", number(index.lag, 0)),
      row("status.size", el("span", {}, number(index.size / MEGABYTE, 2), " MB")),
    );
  } else {
    rows.push(row("status.generation", say("status.no_generation")));
  }
  if (index.fault) rows.push(row("status.fault", mark("bad", sentence(index.fault))));
  byId("index").replaceChildren(...rows);
}

function consentWords({ required, without }) {
  if (required) return mark("good", say("status.consent_required"));
  if (without) return mark("bad", say("status.consent_missing", { count: without }));
  return say("status.consent_free");
}

function showThresholds(thresholds) {
  const target = thresholds.target_fpir === null
    ? []
    : [
        row("status.target_fpir", percent(thresholds.target_fpir, 2)),
        row("status.target_from", say(ORIGINS[thresholds.target_from])),
      ];
  const rows = [
    ...target,
    row("status.match_threshold", number(thresholds.match_threshold, 2)),
    row("status.threshold_from", say(ORIGINS[thresholds.threshold_from])),
    row("status.min_margin", number(thresholds.min_margin, 2)),
    row("status.margin_from", say(ORIGINS[thresholds.margin_from])),
    row("status.verify_threshold", number(thresholds.verify_threshold, 2)),
    row("status.verify_from", say(ORIGINS[thresholds.verify_from])),
  ];
  const made = thresholds.calibration;
  if (made) {
    const measured = [percent(made.fpir, 2), " (", percent(made.fpir_low, 2), "–", percent(made.fpir_high, 2), ")"];
    rows.push(row("status.calibrated", moment(made.created_at)));
    rows.push(row("status.calibrated_fpir", el("span", {}, ...measured)));
  }
  if (thresholds.outdated) rows.push(row("status.outdated", mark("bad", sentence(thresholds.outdated))));
  const caveats = thresholds.caveats.filter((caveat) => caveat !== thresholds.outdated);
  rows.push(...caveats.map((caveat) => row("status.caveat", sentence(caveat))));
  byId("thresholds").replaceChildren(...rows);
}

function showModels({ models, contract }) {
  const used = models.filter((model) => model.in_use);
  const others = models.filter((model) => !model.in_use);
  const last = el(
    "li",
    {},
    el("div", { class: "model-head" }, say("status.contract")),
    el("code", {}, contract),
  );
  byId("models").replaceChildren(...[...used, ...others].map(modelEntry), last);
}

function modelEntry(model) {
  const use = model.in_use ? ["good", "status.in_use"] : ["", model.here ? "status.here" : "status.not_here"];
  return el(
    "li",
    { class: model.in_use ? "used" : "" },
    el("div", { class: "model-head" }, el("strong", {}, model.name), mark(use[0], say(use[1]))),
    el("p", { lang: "en" }, model.description),
    el("p", { class: "hint" }, say("status.licence"), ": ", el("span", { lang: "en" }, model.licence)),
    model.sha256 ? el("code", {}, `SHA-256 ${model.sha256}`) : "",
  );
}

const row = (key, value) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, value));
const mark = (kind, ...words) => el("span", { class: `mark ${kind}` }, ...words);

await start();
byId("refresh").addEventListener("click", refresh);
await refresh();
