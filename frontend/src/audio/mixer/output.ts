import type { Problem } from '../failure'
import type { Decibels, Seconds } from '../units'
import { Desk } from './masterBus'
import type { Speaker } from './speaker'

/** A context that has not begun to run after this long waits for a gesture. */
const PATIENCE: Seconds = 0.6

export interface OutputListener {
  /** The sound runs: for the first time, or again. */
  running(): void
  /** The system took the sound away; comesBack: it says so itself when it gives it back. */
  interrupted(comesBack: boolean): void
  /** problem has changed. */
  changed(): void
}

/** The way out to the loudspeaker, which opens at the first play and may be taken away by the system. */
export class Output {
  desk: Desk | null = null
  problem: Problem | null = null
  readonly #speaker: Speaker
  readonly #listener: OutputListener
  #ran = false
  #patience: ReturnType<typeof setTimeout> | undefined

  constructor(speaker: Speaker, listener: OutputListener) {
    this.#speaker = speaker
    this.#listener = listener
  }

  /** Asks for sound; false, with a problem noted, when there is none to be had. */
  open(master: Decibels, limiter: boolean): boolean {
    const desk = this.desk ?? this.#create(master, limiter)
    if (!desk) return false
    const { context } = desk
    if ('resume' in context && context.state !== 'running') {
      void (context as AudioContext).resume()
      clearTimeout(this.#patience)
      this.#patience = setTimeout(() => {
        if (context.state !== 'running') this.#report('blocked')
      }, PATIENCE * 1000)
    }
    return true
  }

  dispose(): void {
    clearTimeout(this.#patience)
    this.#speaker.dispose()
    const context = this.desk?.context
    this.desk?.dispose()
    this.desk = null
    if (context && 'close' in context && context.state !== 'closed') void (context as AudioContext).close()
  }

  #create(master: Decibels, limiter: boolean): Desk | null {
    asPlayback()
    try {
      const context = this.#speaker.open()
      this.desk = new Desk(context, master, limiter)
      this.#ran = context.state === 'running'
      context.addEventListener('statechange', () => this.#stateChanged(context))
      return this.desk
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotSupportedError') this.#report('sample-rate')
      else if (typeof AudioContext === 'undefined') this.#report('no-web-audio')
      else throw error
      return null
    }
  }

  #stateChanged(context: BaseAudioContext): void {
    // The system's own name for a call or another app on iOS, which the standard types don't know yet.
    const state: string = context.state
    if (state === 'running') {
      this.#ran = true
      this.#report(null)
      this.#listener.running()
    } else if (this.#ran && state !== 'closed' && this.desk) {
      this.#report('interrupted')
      this.#listener.interrupted(state === 'interrupted')
    }
  }

  #report(problem: Problem | null): void {
    if (this.problem === problem) return
    this.problem = problem
    this.#listener.changed()
  }
}

/** Sound that goes on with the ringer switch off, where a system has such a thing. */
function asPlayback(): void {
  const session = (navigator as { audioSession?: { type: string } }).audioSession
  if (session) session.type = 'playback'
}
