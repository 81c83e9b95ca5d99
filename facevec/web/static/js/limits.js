// What the service takes in one request; the page knows it from its own mark-up.

const { maxFiles, maxBytes } = document.body.dataset;
const ROOM_FOR_FIELDS = 100_000;

export const MAX_FILES = Number(maxFiles);

/** Bytes of all files together. */
export const MAX_BYTES = Number(maxBytes) - ROOM_FOR_FIELDS;

/** The code of the service's problem for such a file; it need not be sent to be told. */
export const TOO_LARGE = "body_too_large";
