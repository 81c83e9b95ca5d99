// What went wrong, in words a person can act on.

import { el, show } from "./dom.js";
import { knows, say } from "./i18n.js";

/** Say in `holder` what `problem` is: a headline in the visitor's language, then the service's own sentence. */
export function showProblem(holder, problem) {
  holder.replaceChildren(
    el("strong", {}, headline(problem.code ?? "internal")),
    sentence(problem.code ? problem.message : String(problem)),
    problem.requestId ? el("small", {}, say("page.request_id"), ` ${problem.requestId}`) : "",
  );
  show(holder);
}

/** Take away what `showProblem` said. */
export function clearProblem(holder) {
  holder.replaceChildren();
  show(holder, false);
}

/** A code of the service as a short headline. */
export function headline(code) {
  return say(knows(`problem.${code}`) ? `problem.${code}` : "problem.internal");
}

/** The service's sentence; it is in English. */
export function sentence(text) {
  return text ? el("span", { lang: "en" }, text) : "";
}
