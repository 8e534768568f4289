// Brings the model from the host, or from what this browser kept of it, into its thread. Throws one-line errors.

const FOLDER = new URL("./", import.meta.url);
const KEPT = `slm weights ${FOLDER.pathname} `; // caches of weights, by their hash

// `progress` is told the share of the weights that has come, from 0 to 1.
export async function openEngine(progress) {
  const [description, definition, kernel] = await Promise.all([
    json("model.json"), json("tokenizer.json"), whole("kernel.wasm").then((response) => response.arrayBuffer()),
  ]);
  const content = await weights(description.weights, progress);
  const engine = new Engine(description);
  await engine.ask("load", { description, definition, content, kernel }, null, [content, kernel]);
  return engine;
}

// The thread that holds the model; `ask` gives the result of one of worker.js's methods.
export class Engine {
  constructor(description) {
    this.description = description;
    this.calls = new Map();
    this.last = 0;
    this.worker = new Worker(new URL("worker.js", FOLDER), { type: "module" });
    this.worker.onmessage = ({ data }) => this.answer(data);
    this.worker.onerror = (event) => {
      for (const { reject } of this.calls.values()) reject(new Error(event.message || "The model's thread ended."));
    };
  }

  ask(method, values, show = null, transferred = []) {
    const call = ++this.last;
    return new Promise((resolve, reject) => {
      this.calls.set(call, { resolve, reject, show });
      this.worker.postMessage({ call, method, values }, transferred);
    });
  }

  stop() {
    this.worker.postMessage({ method: "stop" });
  }

  answer({ call, piece, result, error }) {
    const { resolve, reject, show } = this.calls.get(call);
    if (piece !== undefined) return show?.(piece);
    this.calls.delete(call);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  }
}

// The weights, checked, and then kept so that the page works without its host.
async function weights({ file, bytes, sha256 }, progress) {
  const cache = "caches" in self ? await caches.open(KEPT + sha256).catch(() => null) : null;
  const kept = await cache?.match(file);
  const content = kept ? await kept.arrayBuffer() : await download(file, bytes, progress);
  if (content.byteLength !== bytes || (await wrong(content, sha256))) {
    await cache?.delete(file);
    const came = content.byteLength === bytes ? "others came" : `${content.byteLength} came`;
    throw new Error(`${file} is damaged: expected its ${bytes} bytes, ${came}. Export the model again and upload it whole.`);
  }
  if (!kept) await cache?.put(file, new Response(content)).catch(() => {}); // no room: the host is asked again
  await forgetOthers(KEPT + sha256);
  return content;
}

async function download(file, bytes, progress) {
  const reader = (await whole(file)).body.getReader();
  const content = new Uint8Array(bytes);
  let came = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (came + value.length <= bytes) content.set(value, came);
    came += value.length;
    progress(Math.min(1, came / bytes));
  }
  return came < bytes ? content.buffer.slice(0, came) : content.buffer;
}

// Only pages over https or loopback can compute hashes; elsewhere the size has to do.
async function wrong(content, sha256) {
  if (!self.crypto?.subtle) return false;
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256;
}

async function forgetOthers(current) {
  if (!("caches" in self)) return;
  const old = (await caches.keys()).filter((name) => name.startsWith(KEPT) && name !== current);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function json(file) {
  return (await whole(file)).json().catch(() => {
    throw new Error(`${file} is damaged: expected JSON. Export the model again and upload it whole.`);
  });
}

async function whole(file) {
  const response = await fetch(new URL(file, FOLDER)).catch(() => null);
  if (response?.ok) return response;
  const came = response ? `the host answered ${response.status}` : "the host did not answer";
  throw new Error(`${file} did not come: ${came}. Is the whole folder uploaded?`);
}
