// Keeps the workbench in the browser's cache, so that it opens without its server.
//
// The page tells what it is made of once it runs (`{keep: [paths]}`). Files are named after their content and
// are taken from the cache first; the page itself is asked for first, and taken from the cache when nobody
// answers.

const CACHE = 'aileron.workbench';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  event.waitUntil(keep(event.data.keep).then(() => event.source.postMessage({ kept: event.data.keep.length })));
});

async function keep(paths) {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    if (!paths.includes(new URL(request.url).pathname)) await cache.delete(request);
  }
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await Promise.all(paths.filter((path) => !known.has(path) || path === '/console/workbench').map((path) => cache.add(path)));
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate') {
    event.respondWith(fetch(event.request).catch(() => caches.match('/console/workbench')));
  } else {
    event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)));
  }
});
