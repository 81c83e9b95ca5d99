// What every page has: language, key, dialogs that close.

import { startLanguage } from "./i18n.js";
import { startKey } from "./key.js";

/** Make the page's frame work; call once, before anything else. */
export async function start() {
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close(""));
  }
  startKey();
  await startLanguage();
}
