/**
 * Why a stem can't be heard.
 * missing: the server has no such file (404, 410). forbidden: the address has expired or was never allowed (401, 403).
 * network: no or a broken answer, also after several tries. undecodable: not audio that this browser reads.
 */
export type LoadFailure = 'missing' | 'forbidden' | 'network' | 'undecodable'

/**
 * loading: not yet there at the playing position; retrying: the network fails and is tried again by itself.
 * ready: heard, or would be heard, at the playing position.
 */
export type LoadState =
  | { readonly kind: 'loading'; readonly retrying: boolean }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: LoadFailure }

export function isSameLoadState(a: LoadState, b: LoadState): boolean {
  if (a.kind === 'loading') return b.kind === 'loading' && a.retrying === b.retrying
  if (a.kind === 'failed') return b.kind === 'failed' && a.failure === b.failure
  return a.kind === b.kind
}

export class LoadError extends Error {
  readonly failure: LoadFailure

  constructor(failure: LoadFailure, options?: ErrorOptions) {
    super(failure, options)
    this.failure = failure
  }
}

/**
 * What keeps the whole player, not one stem, from sounding as asked.
 * no-web-audio: the browser has none. sample-rate: it can't play at the recording's rate.
 * blocked: it waits for a gesture; play() from a click gets through. interrupted: the system took the sound away
 * (a call, another app); play() asks for it again. no-stretch: tempo and pitch could not be loaded, both are neutral.
 */
export type Problem = 'no-web-audio' | 'sample-rate' | 'blocked' | 'interrupted' | 'no-stretch'
