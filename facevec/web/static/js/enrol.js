// The form that enrols a worker.

import { el, show } from "./dom.js";
import { say, speak } from "./i18n.js";
import { LookAlikes } from "./look_alikes.js";
import { clearProblem, showProblem } from "./notice.js";
import { Photos } from "./photos.js";

/** The form; `enrolled` is called when somebody may have been. */
export function enrolForm(enrolled) {
  const photos = new Photos();
  const name = field("name", { required: true, maxlength: 200 });
  const external = field("external_id", { maxlength: 100 });
  const consent = field("consent", { maxlength: 200 });
  const fault = el("div", { class: "notice bad", role: "alert", hidden: true });
  const outcome = el("div", { class: "notice good", role: "status", hidden: true });
  const submit = el("button", { type: "submit", class: "primary" }, say("enrol.submit"));
  const alike = new LookAlikes(() => form.requestSubmit());

  const form = el(
    "form",
    { class: "stack", novalidate: true },
    name.element,
    external.element,
    consent.element,
    el(
      "fieldset",
      {},
      el("legend", {}, say("enrol.photos")),
      el("p", { class: "hint" }, say("enrol.photos_hint")),
      photos.element,
    ),
    fault,
    alike.element,
    outcome,
    el("div", { class: "actions" }, submit),
  );

  const fields = () => ({
    name: name.value,
    ...(external.value ? { external_id: external.value } : {}),
    ...(consent.value ? { consent: JSON.stringify({ text_version: consent.value }) } : {}),
  });

  // Whoever was told apart was so from the person of these photos and this name.
  form.addEventListener("input", () => alike.clear());
  photos.element.addEventListener("change", () => alike.clear());

  const startAgain = () => {
    form.reset();
    photos.clear();
    alike.clear();
    show(outcome, false);
    show(submit);
    name.input.focus();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblem(fault);
    show(outcome, false);
    name.complain(name.value ? null : "enrol.name_missing");
    if (!name.value) return name.input.focus();
    if (!photos.files.length) return complain(fault, "enrol.photos_missing");
    submit.disabled = true;
    const all = photos.files.length;
    const progress = (done) => speak(submit, "photos.sending", { done, all });
    try {
      progress(0);
      const done = await alike.send(null, fields(), photos.files, progress);
      photos.report(done);
      await alike.offer(done.worker ? [] : done.refused);
      show(submit, !done.worker);
      if (done.worker) celebrate(outcome, done, startAgain);
      else complain(fault, "enrol.all_refused");
    } catch (error) {
      showProblem(fault, error);
    }
    submit.disabled = false;
    speak(submit, "enrol.submit");
    enrolled();
  });
  return form;
}

function complain(fault, key) {
  fault.replaceChildren(say(key));
  show(fault);
}

function celebrate(outcome, done, startAgain) {
  const { accepted, refused, worker } = done;
  const another = el("button", { type: "button", click: startAgain }, say("enrol.another"));
  const look = el("a", { class: "button", href: `#w${worker.id}` }, say("enrol.look", { name: worker.name }));
  outcome.replaceChildren(
    el("strong", {}, say("enrol.done", { name: worker.name, count: accepted.length })),
    refused.length ? say("enrol.some_refused", { count: refused.length }) : "",
    el("div", { class: "actions" }, look, another),
  );
  show(outcome);
  outcome.scrollIntoView({ block: "nearest" });
}

function field(key, attributes) {
  const id = `enrol-${key}`;
  const input = el("input", {
    id,
    name: key,
    autocomplete: "off",
    "aria-describedby": `${id}-hint ${id}-fault`,
    ...attributes,
  });
  const fault = el("p", { id: `${id}-fault`, class: "field-fault" });
  const element = el(
    "div",
    { class: "field" },
    el("label", { for: id }, say(`enrol.${key}`)),
    input,
    el("p", { id: `${id}-hint`, class: "hint" }, say(`enrol.${key}_hint`)),
    fault,
  );
  return {
    element,
    input,
    get value() {
      return input.value.trim();
    },
    complain(sentence) {
      input.setAttribute("aria-invalid", String(sentence !== null));
      fault.replaceChildren(...(sentence ? [say(sentence)] : []));
    },
  };
}
