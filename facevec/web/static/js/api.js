// Calls of the API. A missing or wrong key is asked for, a busy service is asked again.

import { askKey, authorization } from "./key.js";
import { TOO_LARGE } from "./limits.js";

const API = new URL("../../api/v1/", import.meta.url);
const PATIENCE_MS = 30_000;
const OF_A_PROXY = { 413: TOO_LARGE, 502: "unreachable", 503: "unreachable", 504: "unreachable" };

/** What the service refused, as its problem document says it. */
export class Problem extends Error {
  constructor(document) {
    super(document.detail ?? "");
    this.code = document.code ?? "internal";
    this.reasons = document.reasons ?? [];
    this.requestId = document.request_id;
  }
}

/**
 * The answer to a request that went well. Throws Problem, and AbortError when `signal` says so.
 * patience: how long to go on asking a service that says 503, milliseconds.
 */
export async function call(method, path, { body, headers = {}, signal, patience = PATIENCE_MS } = {}) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await send(method, path, { body, signal, headers: { ...authorization(), ...headers } });
    if (answer.ok) return answer;
    const problem = await problemOf(answer);
    if (answer.status === 401 && (await askKey({ refused: "Authorization" in authorization() }))) continue;
    const pause = 1000 * Number(answer.headers.get("Retry-After") ?? Infinity);
    if (answer.status !== 503 || Date.now() + pause > end) throw problem;
    await wait(pause, signal);
  }
}

/** As `call`, the answer read as JSON. */
export async function callJson(method, path, options) {
  return (await call(method, path, options)).json();
}

async function send(method, path, options) {
  try {
    return await fetch(new URL(path, API), { method, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "unreachable" });
  }
}

/** A proxy on the way answers in its own words, which are no problem document. */
async function problemOf(answer) {
  try {
    return new Problem(await answer.json());
  } catch {
    return new Problem({ code: OF_A_PROXY[answer.status] ?? "internal" });
  }
}

function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
