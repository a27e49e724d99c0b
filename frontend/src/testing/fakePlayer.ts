import type { Channel, Frames, Level, Player, PlayerSnapshot, Span, StemName } from '@/audio'

const SILENCE: Level = { peak: 0, rms: 0, clipped: false }

/** A Player that sounds nothing and remembers what it was told, for tests of the screen. */
export class FakePlayer implements Player {
  readonly sampleRate: number
  readonly frames: Frames
  readonly told: string[] = []
  mix: ReadonlyMap<StemName, Channel> = new Map()
  loop: Span | null = null
  at: Frames = 0
  #state: PlayerSnapshot
  readonly #listeners = new Set<() => void>()

  constructor(frames: Frames = 10_000, sampleRate = 100) {
    this.frames = frames
    this.sampleRate = sampleRate
    this.#state = {
      transport: 'paused',
      problem: null,
      master: 0,
      limiter: false,
      loop: null,
      tempo: 1,
      pitch: 0,
      stretch: 'exact',
      stems: [],
    }
  }

  load() {
    this.told.push('load')
  }
  retry(stem: StemName) {
    this.told.push(`retry ${stem}`)
  }
  play() {
    this.#become({ transport: 'playing' })
  }
  pause() {
    this.#become({ transport: 'paused' })
  }
  seek(to: number) {
    this.at = Math.round(to * this.sampleRate)
    this.#become({})
  }
  setLoop(loop: Span | null) {
    this.loop = loop
    this.#become({ loop })
  }
  setMix(mix: ReadonlyMap<StemName, Channel>) {
    this.mix = mix
    this.told.push('mix')
  }
  setMaster(master: number) {
    this.#become({ master })
  }
  setLimiter(limiter: boolean) {
    this.#become({ limiter })
  }
  setTempo(tempo: number) {
    this.#become({ tempo })
  }
  setPitch(pitch: number) {
    this.#become({ pitch })
  }
  position() {
    return this.at
  }
  decoded() {
    return { from: 0, to: 0 }
  }
  level() {
    return SILENCE
  }
  masterLevel() {
    return SILENCE
  }
  clearClips() {}
  readonly snapshot = () => this.#state
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  dispose() {
    this.told.push('dispose')
  }

  #become(change: Partial<PlayerSnapshot>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}
