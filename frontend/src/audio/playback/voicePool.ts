import type { Stretch } from '../player'
import type { Anchor } from '../timeline/anchor'
import type { Semitones } from '../units'
import { ExactVoice } from './exactVoice'
import { MOST_TRACKS } from './stemRouter'
import { Stretcher } from './stretcher'
import { StretchVoice } from './stretchVoice'
import type { Voice } from './voice'

/** Makes voices: exact while tempo and pitch are neutral, else through the stretcher once it has been loaded. */
export class VoicePool {
  tempo = 1
  pitch: Semitones = 0
  /** Whether the stretcher could not be loaded. */
  stretchFailed = false
  readonly #changed: () => void
  #context: BaseAudioContext | null = null
  #stretcher: Stretcher | null = null
  #trackCount = 0

  /** changed: called when a voice that was not there can be made, or never will be. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isNeutral(): boolean {
    return this.tempo === 1 && this.pitch === 0
  }

  /** Returns how the active voice, or none, treats tempo and pitch. */
  stretchState(voice: Voice | null): Stretch {
    if (this.isNeutral) return 'exact'
    return voice instanceof StretchVoice ? 'active' : 'loading'
  }

  /** Whether a voice can play the present tempo and pitch. */
  isSuitable(voice: Voice): boolean {
    return this.isNeutral ? voice instanceof ExactVoice : voice instanceof StretchVoice
  }

  setContext(context: BaseAudioContext): void {
    this.#context ??= context
    this.#prepare()
  }

  setTempoAndPitch(tempo: number, pitch: Semitones): void {
    this.tempo = tempo
    this.pitch = pitch
    this.stretchFailed = false
    this.#prepare()
  }

  /** Sets how many tracks the next voice is for. */
  setTrackCount(tracks: number): void {
    this.#trackCount = Math.min(tracks, MOST_TRACKS)
    this.#prepare()
  }

  /** Makes a voice for an anchor; null while it can't be made yet. */
  create(anchor: Anchor): Voice | null {
    if (!this.#context) return null
    if (this.isNeutral) return new ExactVoice(this.#context, anchor)
    const channels = 2 * this.#trackCount
    const node = this.#stretcher?.acquire(channels)
    if (!node || !this.#stretcher) {
      this.#prepare()
      return null
    }
    return new StretchVoice(this.#context, anchor, this.pitch, { stretcher: this.#stretcher, node, channels })
  }

  #prepare(): void {
    if (this.isNeutral || !this.#context || this.#trackCount === 0) return
    this.#stretcher ??= new Stretcher(this.#context)
    const channels = 2 * this.#trackCount
    if (this.#stretcher.isReady(channels)) return
    this.#stretcher.prepare(channels).then(
      () => this.#changed(),
      () => {
        this.tempo = 1
        this.pitch = 0
        this.stretchFailed = true
        this.#changed()
      },
    )
  }
}
