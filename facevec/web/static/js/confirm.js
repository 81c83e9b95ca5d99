// A question before something that cannot be undone.

import { byId } from "./dom.js";
import { speak } from "./i18n.js";

/** Ask with the sentences `${key}.title`, `.text` and `.yes`; whether the answer is yes. */
export function confirm(key, values) {
  const dialog = byId("confirm");
  speak(byId("confirm-title"), `${key}.title`, values);
  speak(byId("confirm-text"), `${key}.text`, values);
  speak(byId("confirm-yes"), `${key}.yes`, values);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
