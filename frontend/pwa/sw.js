/* global VERSION, SHELL */
// The page without a network: its own files, and the recordings that somebody pinned.
// The build puts VERSION and SHELL above.

const SHELL_CACHE = `shell-${VERSION}`
const PINS = 'pins'
const FILES = /^\/api\/(?:jobs|shares)\/[^/]+\/(?:stems|peaks)\//

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(SHELL_CACHE)
      .then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: 'reload' }))))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('shell-') && name !== SHELL_CACHE
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname, origin } = new URL(request.url)
  if (request.method !== 'GET') return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (FILES.test(pathname) || isAudio(pathname)) event.respondWith(pinned(request))
  else if (origin === self.location.origin) {
    if (SHELL.includes(pathname)) event.respondWith(own(request))
    else if (pathname.startsWith('/api/') && !pathname.endsWith('/events')) event.respondWith(answer(request))
  }
})

/** Stems may lie at another origin, under the same names. */
function isAudio(pathname) {
  return /\/(?:stems|peaks)\/[a-z0-9_]+\.(?:flac|index|\d+\.dat)$/.test(pathname)
}

/** The page as it is now, else as it was. */
async function page(request) {
  try {
    const fresh = await fetch(request)
    if (fresh.ok || fresh.status < 500) return fresh
    return (await caches.match('/', { cacheName: SHELL_CACHE })) ?? fresh
  } catch (error) {
    const kept = await caches.match('/', { cacheName: SHELL_CACHE })
    if (kept) return kept
    throw error
  }
}

/** A file of this build never changes. */
async function own(request) {
  return (await caches.match(request, { cacheName: SHELL_CACHE, ignoreSearch: true })) ?? fetch(request)
}

/** A pinned file from the disk, whole or the range asked for; else from the network. */
async function pinned(request) {
  const kept = await (await caches.open(PINS)).match(request.url, { ignoreVary: true })
  if (!kept) return fetch(request)
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '')
  if (!asked) return kept
  const blob = await kept.blob()
  const first = Number(asked[1])
  const last = Math.min(asked[2] ? Number(asked[2]) : blob.size - 1, blob.size - 1)
  if (first >= blob.size) {
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${blob.size}` } })
  }
  const headers = new Headers(kept.headers)
  headers.set('Content-Range', `bytes ${first}-${last}/${blob.size}`)
  headers.set('Content-Length', String(last - first + 1))
  return new Response(blob.slice(first, last + 1), { status: 206, headers })
}

/** The service's answer, else what it answered when the recording was pinned. */
async function answer(request) {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await (await caches.open(PINS)).match(request.url, { ignoreVary: true })
    if (kept) return kept
    throw error
  }
}
