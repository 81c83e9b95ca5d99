// What the service takes in one request; the page knows it from its own mark-up.

const { maxFiles, maxBytes, maxLabels } = document.body.dataset;
const ROOM_FOR_FIELDS = 100_000;

export const MAX_FILES = Number(maxFiles);

/** Faces of a picture that can be labelled. */
export const MAX_LABELS = Number(maxLabels);

/** Bytes of all files together. */
export const MAX_BYTES = Number(maxBytes) - ROOM_FOR_FIELDS;

/** The code of the service's problem for such a file; it need not be sent to be told. */
export const TOO_LARGE = "body_too_large";
