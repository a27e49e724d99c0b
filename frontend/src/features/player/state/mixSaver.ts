/** The outcome of a save: the new version, or that somebody else has saved another mix since. */
export type SaveResult = { readonly kind: 'saved'; readonly version: number } | { readonly kind: 'stale' }

/**
 * saved: the service has what is on screen. waiting: a change is about to be sent. saving: it is on its way.
 * failed: it could not be sent, and is tried again. stale: somebody else has saved another mix since.
 */
export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'stale'

export interface MixSaverOptions<T> {
  readonly version: number
  /** Rejects where the service does not answer. last: the page is about to close. */
  readonly send: (value: T, version: number, last: boolean) => Promise<SaveResult>
  readonly quietMs?: number
  readonly retryMs?: number
}

/** Sends the latest value once nothing has changed for a moment, one request at a time. */
export class MixSaver<T> {
  readonly #send: MixSaverOptions<T>['send']
  readonly #quietMs: number
  readonly #retryMs: number
  readonly #listeners = new Set<() => void>()
  #version: number
  #pending: { readonly value: T } | null = null
  #state: SaveState = 'saved'
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending = false
  #disposed = false

  constructor({ version, send, quietMs = 700, retryMs = 5000 }: MixSaverOptions<T>) {
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

  /** Sends the value once nothing has changed for a moment. */
  schedule(value: T): void {
    this.#pending = { value }
    this.#disposed = false
    if (this.#state === 'stale') return
    if (!this.#sending) this.#sendLater(this.#quietMs)
    this.#setState(this.#sending ? 'saving' : 'waiting')
  }

  /** Sends at once what is scheduled, such as when the page closes. */
  flush(): void {
    if (this.#pending && this.#state !== 'stale' && !this.#sending) void this.#sendNow(true)
  }

  /** Ends `stale`: goes on from this version of the service; with keep, what is on screen replaces it. */
  settle(version: number, keep: boolean): void {
    this.#version = version
    if (!keep) this.#pending = null
    this.#setState('saved')
    if (keep) void this.#sendNow(false)
  }

  /** Sends what is scheduled; a failure is not tried again after that, unless more is scheduled. */
  dispose(): void {
    this.#disposed = true
    this.flush()
    clearTimeout(this.#timer)
  }

  #sendLater(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#sendNow(false), ms)
  }

  async #sendNow(last: boolean): Promise<void> {
    clearTimeout(this.#timer)
    const held = this.#pending
    if (!held || this.#sending) return
    this.#sending = true
    this.#pending = null
    this.#setState('saving')
    try {
      const result = await this.#send(held.value, this.#version, last)
      if (result.kind === 'saved') this.#version = result.version
      else this.#pending ??= held
      this.#setState(result.kind === 'stale' ? 'stale' : this.#pending ? 'waiting' : 'saved')
      if (result.kind === 'saved' && this.#pending) this.#sendLater(this.#quietMs)
    } catch {
      this.#pending ??= held
      this.#setState('failed')
      if (!this.#disposed) this.#sendLater(this.#retryMs)
    } finally {
      this.#sending = false
    }
  }

  #setState(state: SaveState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
