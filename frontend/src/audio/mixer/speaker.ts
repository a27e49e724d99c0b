/** Makes the context that the sound goes out of. */
export interface Speaker {
  /** Returns the context. To be called at the first play, within the gesture. */
  open(): BaseAudioContext
  dispose(): void
}

/**
 * The browser's loudspeaker. Making a context holds the page for a tenth of a second or two, while the browser starts
 * its audio process; so one is made, suspended, as soon as somebody has touched the page, and the first play is spared
 * the wait. Before a gesture a browser would refuse it and say so in its console.
 */
export class BrowserSpeaker implements Speaker {
  readonly #sampleRate: number
  readonly #waiting = new AbortController()
  #context: AudioContext | null = null

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
    // On iOS a context, even a silent one, may take the sound away from another app: there, only play makes it.
    if ('audioSession' in navigator || typeof AudioContext === 'undefined') return
    const { signal } = this.#waiting
    const soon = setTimeout(() => this.#prepare())
    signal.addEventListener('abort', () => clearTimeout(soon))
    for (const gesture of ['pointerdown', 'keydown']) {
      document.addEventListener(gesture, () => this.#prepare(), { capture: true, signal })
    }
  }

  open(): AudioContext {
    this.#waiting.abort()
    const context = this.#context ?? this.#create()
    this.#context = null
    return context
  }

  dispose(): void {
    this.#waiting.abort()
    void this.#context?.close()
    this.#context = null
  }

  #prepare(): void {
    if (!navigator.userActivation?.hasBeenActive) return
    this.#waiting.abort()
    try {
      this.#context = this.#create()
      void this.#context.suspend()
    } catch {
      // Whatever is wrong, play tries again and says what it is.
    }
  }

  #create(): AudioContext {
    return new AudioContext({ sampleRate: this.#sampleRate, latencyHint: 'interactive' })
  }
}
