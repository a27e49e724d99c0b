import type { Stretch } from '../player'
import type { Take } from '../timeline/anchor'
import type { Semitones } from '../units'
import { ExactVoice } from './exactVoice'
import { MOST_LANES } from './stemRouter'
import { Stretcher } from './stretcher'
import { StretchVoice } from './stretchVoice'
import type { Voice } from './voice'

/** Makes voices: exact while tempo and pitch are neutral, else through the stretcher once it has been loaded. */
export class Voices {
  tempo = 1
  pitch: Semitones = 0
  /** The stretcher could not be loaded. */
  failed = false
  readonly #changed: () => void
  #context: BaseAudioContext | null = null
  #stretcher: Stretcher | null = null
  #lanes = 0

  /** changed: called when a voice that was not there can be made, or never will be. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isNeutral(): boolean {
    return this.tempo === 1 && this.pitch === 0
  }

  /** What a running voice, or none, means for the listener. */
  state(voice: Voice | null): Stretch {
    if (this.isNeutral) return 'exact'
    return voice instanceof StretchVoice ? 'active' : 'loading'
  }

  fits(voice: Voice): boolean {
    return this.isNeutral ? voice instanceof ExactVoice : voice instanceof StretchVoice
  }

  open(context: BaseAudioContext): void {
    this.#context ??= context
    this.#prepare()
  }

  tune(tempo: number, pitch: Semitones): void {
    this.tempo = tempo
    this.pitch = pitch
    this.failed = false
    this.#prepare()
  }

  /** How many lanes the next voice is for. */
  expect(lanes: number): void {
    this.#lanes = Math.min(lanes, MOST_LANES)
    this.#prepare()
  }

  /** A voice for a take; null while it can't be made yet. */
  create(take: Take): Voice | null {
    if (!this.#context) return null
    if (this.isNeutral) return new ExactVoice(this.#context, take)
    const channels = 2 * this.#lanes
    const node = this.#stretcher?.take(channels)
    if (!node || !this.#stretcher) {
      this.#prepare()
      return null
    }
    return new StretchVoice(this.#context, take, this.pitch, { stretcher: this.#stretcher, node, channels })
  }

  #prepare(): void {
    if (this.isNeutral || !this.#context || this.#lanes === 0) return
    this.#stretcher ??= new Stretcher(this.#context)
    const channels = 2 * this.#lanes
    if (this.#stretcher.has(channels)) return
    this.#stretcher.prepare(channels).then(
      () => this.#changed(),
      () => {
        this.tempo = 1
        this.pitch = 0
        this.failed = true
        this.#changed()
      },
    )
  }
}
