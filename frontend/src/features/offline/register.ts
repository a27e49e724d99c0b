/** Lets the page come up without a network from its second visit on. A dev server has no worker. */
export function registerWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  window.addEventListener('load', () => {
    // Without one (a private window, an unsafe address) the page works as ever, but not offline.
    navigator.serviceWorker.register('/sw.js').catch(() => {})
  })
}
