// Talks to the server: the key, errors as one line, and whether it is there at all.

const KEY = "slm key";
const PULSE = 10_000; // between two looks whether the server is there, while nothing else asks it
const RETRY = 1_500;

// A problem to be shown. `cut`: the server went away; `status`: what it answered otherwise.
export class ServerError extends Error {
  constructor(message, { status = 0, cut = false } = {}) {
    super(message);
    Object.assign(this, { status, cut });
  }
}

// Events: "lost" when the server stops answering, "back" when it answers again, "key" when it wants another key.
export const connection = new EventTarget();
let there = true;

export function setKey(key) {
  sessionStorage.setItem(KEY, key);
}

export const hasKey = () => sessionStorage.getItem(KEY) !== null;

// The response to a request, which was answered with success. Raises ServerError.
export async function ask(path, { body, signal } = {}) {
  const headers = {};
  if (hasKey()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal, cache: "no-store",
    });
  } catch (error) {
    throw failure(error);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export const askJson = async (path, options) => (await ask(path, options)).json();

// What a broken request means: the reader stopped it (passed on as it is), or the server went away.
export function failure(error) {
  if (error.name === "AbortError" || error instanceof ServerError) return error;
  lose();
  return new ServerError("The server went away.", { cut: true });
}

async function refusal(response) {
  if (response.status === 401) connection.dispatchEvent(new Event("key"));
  const said = await response.json().catch(() => ({}));
  const message = said?.error?.message ?? (typeof said?.detail === "string" ? said.detail : "");
  const wait = response.headers.get("Retry-After");
  const more = response.status === 429 || response.status === 503 ? `; try again ${wait ? `in ${wait} s` : "soon"}` : "";
  return new ServerError((message || `the server answered ${response.status}`) + more, { status: response.status });
}

function lose() {
  if (!there) return;
  there = false;
  connection.dispatchEvent(new Event("lost"));
  setTimeout(lookAgain, RETRY);
}

async function lookAgain() {
  if (await answers()) {
    there = true;
    connection.dispatchEvent(new Event("back"));
  } else {
    setTimeout(lookAgain, RETRY);
  }
}

async function answers() {
  try {
    return (await fetch("health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

setInterval(async () => {
  if (there && !document.hidden && !(await answers())) lose();
}, PULSE);
