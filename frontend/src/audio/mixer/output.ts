import type { Problem } from '../failure'
import type { Decibels, Seconds } from '../units'
import { MasterBus } from './masterBus'
import type { Speaker } from './speaker'

/** A context that does not run after this long is taken to wait for a gesture. */
const GESTURE_TIMEOUT: Seconds = 0.6

export interface OutputListener {
  /** The context has begun to run: for the first time, or again. */
  onRunning(): void
  /** The system took the sound away; willResume: it says so itself when it gives it back. */
  onInterrupted(willResume: boolean): void
  /** `problem` has changed. */
  onProblemChange(): void
}

/** Holds the master bus and its context: opens them at the first play, and reports when the system takes the sound away. */
export class Output {
  bus: MasterBus | null = null
  problem: Problem | null = null
  readonly #speaker: Speaker
  readonly #listener: OutputListener
  #ran = false
  #gestureTimer: ReturnType<typeof setTimeout> | undefined

  constructor(speaker: Speaker, listener: OutputListener) {
    this.#speaker = speaker
    this.#listener = listener
  }

  /** Opens the sound, or asks for it again; false, with `problem` set, where the browser has none. */
  open(master: Decibels, limiter: boolean): boolean {
    const bus = this.bus ?? this.#createBus(master, limiter)
    if (!bus) return false
    const { context } = bus
    if ('resume' in context && context.state !== 'running') {
      void (context as AudioContext).resume()
      clearTimeout(this.#gestureTimer)
      this.#gestureTimer = setTimeout(() => {
        if (context.state !== 'running') this.#report('blocked')
      }, GESTURE_TIMEOUT * 1000)
    }
    return true
  }

  dispose(): void {
    clearTimeout(this.#gestureTimer)
    this.#speaker.dispose()
    const context = this.bus?.context
    this.bus?.dispose()
    this.bus = null
    if (context && 'close' in context && context.state !== 'closed') void (context as AudioContext).close()
  }

  #createBus(master: Decibels, limiter: boolean): MasterBus | null {
    requestPlaybackCategory()
    try {
      const context = this.#speaker.open()
      this.bus = new MasterBus(context, master, limiter)
      this.#ran = context.state === 'running'
      context.addEventListener('statechange', () => this.#onStateChange(context))
      return this.bus
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotSupportedError') this.#report('sample-rate')
      else if (typeof AudioContext === 'undefined') this.#report('no-web-audio')
      else throw error
      return null
    }
  }

  #onStateChange(context: BaseAudioContext): void {
    // The system's own name for a call or another app on iOS, which the standard types don't know yet.
    const state: string = context.state
    if (state === 'running') {
      this.#ran = true
      this.#report(null)
      this.#listener.onRunning()
    } else if (this.#ran && state !== 'closed' && this.bus) {
      this.#report('interrupted')
      this.#listener.onInterrupted(state === 'interrupted')
    }
  }

  #report(problem: Problem | null): void {
    if (this.problem === problem) return
    this.problem = problem
    this.#listener.onProblemChange()
  }
}

/** Asks iOS for sound that goes on with the ringer switch off. */
function requestPlaybackCategory(): void {
  const session = (navigator as { audioSession?: { type: string } }).audioSession
  if (session) session.type = 'playback'
}
