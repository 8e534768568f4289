// Keeps the page's own files, so that it opens without its host. `VERSION` and `FILES` stand before this when it is
// written with a model; the weights are kept by engine.js, which checks them first.

const FOLDER = new URL("./", self.location).pathname;
const OURS = `slm page ${FOLDER} `;
const NAME = OURS + VERSION;

self.addEventListener("install", (event) => {
  const files = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});

async function forgetOlder() {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await caches.open(NAME);
  const page = new URL(request.url).pathname === `${FOLDER}index.html`; // kept under the folder's name
  return (await cache.match(page ? FOLDER : request, { ignoreSearch: true })) ?? fetch(request);
}
