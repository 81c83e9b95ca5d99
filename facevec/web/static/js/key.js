// The visitor's key: kept for this tab until it is closed, sent as a header, never part of an address.

import { byId, show } from "./dom.js";

const STORE = "facevec.key";
const dialog = byId("key-dialog");
const field = byId("key-field");

let asking = null;

/** The header that carries the key, or none. */
export function authorization() {
  const key = sessionStorage.getItem(STORE);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Ask for a key, saying so if the last one was `refused`; whether one was given. Askers share one dialog. */
export function askKey({ refused = false } = {}) {
  asking ??= ask(refused).finally(() => (asking = null));
  return asking;
}

/** Wire the button in the header. */
export function startKey() {
  byId("key-button").addEventListener("click", async () => {
    if (await askKey()) location.reload();
  });
  byId("key-forget").addEventListener("click", () => {
    sessionStorage.removeItem(STORE);
    location.reload();
  });
}

function ask(refused) {
  show(byId("key-refused"), refused);
  show(byId("key-forget"), sessionStorage.getItem(STORE) !== null);
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  field.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "use" && keep(field.value)), {
      once: true,
    });
  });
}

function keep(text) {
  const key = text.trim();
  field.value = "";
  if (key) sessionStorage.setItem(STORE, key);
  return key !== "";
}
