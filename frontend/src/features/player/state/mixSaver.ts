/** What became of a save: the new version, or that somebody else's mix has come between. */
export type SaveResult = { readonly kind: 'saved'; readonly version: number } | { readonly kind: 'stale' }

/**
 * saved: the service has what is on screen. waiting: a change is about to be sent. saving: it is on its way.
 * failed: it could not be sent, and is tried again. stale: somebody else has saved another mix since.
 */
export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'stale'

export interface SaverOptions<T> {
  readonly version: number
  /** Rejects where the service does not answer. last: the page is about to go. */
  readonly send: (value: T, version: number, last: boolean) => Promise<SaveResult>
  readonly quietMs?: number
  readonly retryMs?: number
}

/** Sends the latest value once nothing has changed for a moment, one request at a time. */
export class Saver<T> {
  readonly #send: SaverOptions<T>['send']
  readonly #quietMs: number
  readonly #retryMs: number
  readonly #listeners = new Set<() => void>()
  #version: number
  #value: { readonly value: T } | null = null
  #state: SaveState = 'saved'
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending = false

  constructor({ version, send, quietMs = 700, retryMs = 5000 }: SaverOptions<T>) {
    this.#version = version
    this.#send = send
    this.#quietMs = quietMs
    this.#retryMs = retryMs
  }

  readonly state = (): SaveState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(value: T): void {
    this.#value = { value }
    if (this.#state === 'stale') return
    if (!this.#sending) this.#later(this.#quietMs)
    this.#become(this.#sending ? 'saving' : 'waiting')
  }

  /** Sends at once what still waits, such as when the page goes. */
  flush(): void {
    if (this.#value && this.#state !== 'stale' && !this.#sending) void this.#go(true)
  }

  /** After `stale`: goes on from the version that is there now; with keep, what is on screen replaces it. */
  settle(version: number, keep: boolean): void {
    this.#version = version
    if (!keep) this.#value = null
    this.#become('saved')
    if (keep) void this.#go(false)
  }

  /** Sends what still waits; a failure is not tried again after that. */
  dispose(): void {
    this.flush()
    clearTimeout(this.#timer)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#go(false), ms)
  }

  async #go(last: boolean): Promise<void> {
    clearTimeout(this.#timer)
    const held = this.#value
    if (!held || this.#sending) return
    this.#sending = true
    this.#value = null
    this.#become('saving')
    try {
      const result = await this.#send(held.value, this.#version, last)
      if (result.kind === 'saved') this.#version = result.version
      else this.#value ??= held
      this.#become(result.kind === 'stale' ? 'stale' : this.#value ? 'waiting' : 'saved')
      if (result.kind === 'saved' && this.#value) this.#later(this.#quietMs)
    } catch {
      this.#value ??= held
      this.#become('failed')
      this.#later(this.#retryMs)
    } finally {
      this.#sending = false
    }
  }

  #become(state: SaveState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
