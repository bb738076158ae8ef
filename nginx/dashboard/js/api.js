// Owns the talk with the API: one GET at a time per caller, its time limit, its errors in French.
// Must not touch the page.

const ROOT = "/api/proposals";
const TIMEOUT_MS = 30_000;
const REMEMBERED = 40;

const answers = new Map();

/** An answer that is not a success. `retry` says whether asking again may help. */
class ApiError extends Error {
  constructor(message, { status = 0, code = "", retry = false } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retry = retry;
  }
}

export const listPath = (params) => (params.size > 0 ? `${ROOT}?${params}` : ROOT);
export const proposalApiPath = (id) => `${ROOT}/${encodeURIComponent(id)}`;
export const healthPath = "/api/health";
export const workersPath = "/api/health/workers";
export const groupApiPath = (key) => `${ROOT}/group/${encodeURIComponent(key)}`;

/** Resolves to {text, body}; rejects with an ApiError, or an AbortError once `signal` is aborted. */
export async function ask(path, signal, timeout = TIMEOUT_MS) {
  const response = await send(path, signal, timeout);
  const text = await readText(response, signal);
  const body = parse(text);
  if (!response.ok || body?.success !== true) throw failure(response.status, body);
  return { text, body };
}

/* As ask(), and whether the answer is another one than the last. */
async function get(path, signal) {
  const { text, body } = await ask(path, signal);
  const changed = answers.get(path)?.text !== text;
  remember(path, { text, body });
  return { body, changed };
}

/**
 * Draws a path: at once what is remembered of it, then the fresh answer where it differs.
 * `view`: wait() while there is nothing yet, draw(body), fail(ApiError), settle() at the end.
 * Gives a promise while there is nothing to look at, else undefined.
 */
export function follow(path, signal, view) {
  const known = answers.get(path)?.body;
  if (known) view.draw(known);
  else view.wait();
  const done = refresh(path, signal, view, Boolean(known));
  return known ? undefined : done;
}

async function refresh(path, signal, view, drawn) {
  try {
    const { body, changed } = await get(path, signal);
    if (!signal.aborted && (changed || !drawn)) view.draw(body);
  } catch (error) {
    if (!signal.aborted) view.fail(error instanceof ApiError ? error : unexpected(error));
  }
  if (!signal.aborted) view.settle?.();
}

function unexpected(error) {
  console.error(error);
  return new ApiError("La page n’a pas pu être affichée.", { retry: true });
}

async function send(path, signal, timeout) {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    return await fetch(path, { headers: { accept: "application/json" }, cache: "no-cache", signal: either });
  } catch (error) {
    throw networkFailure(error, signal);
  }
}

async function readText(response, signal) {
  try {
    return await response.text();
  } catch (error) {
    throw networkFailure(error, signal);
  }
}

function networkFailure(error, signal) {
  if (signal.aborted) return error;
  const slow = error.name === "TimeoutError";
  return new ApiError(slow ? "Le serveur met trop de temps à répondre." : "Le serveur ne répond pas. Vérifiez votre connexion.", { retry: true });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failure(status, body) {
  const { code = "", message } = body?.error ?? {};
  const said = typeof message === "string" ? message : "";
  return new ApiError(messageOf(status, said), { status, code, retry: status === 429 || status >= 500 || status < 400 });
}

function messageOf(status, said) {
  if (status === 503) return "La base de données des propositions est injoignable pour le moment.";
  if (status === 502) return "Le service est arrêté, ou redémarre. Réessayez dans un instant.";
  if (status === 504) return "La réponse a pris trop de temps.";
  if (status === 429) return "Trop de requêtes à la fois. Patientez quelques secondes.";
  if (status >= 500) return "Le serveur a rencontré une erreur.";
  if (status < 400) return "La réponse du serveur est illisible.";
  if (status === 400) return `Un filtre de l’adresse n’est pas valable${wrongFilter(said)}.`;
  return said || `La demande a été refusée (${status}).`;
}

/** The API says in English which parameter is wrong: "status: must be one of ...". */
function wrongFilter(said) {
  const name = /^(\w+): /.exec(said)?.[1];
  return name ? ` : ${name}` : "";
}

function remember(path, answer) {
  answers.delete(path);
  answers.set(path, answer);
  if (answers.size > REMEMBERED) answers.delete(answers.keys().next().value);
}
