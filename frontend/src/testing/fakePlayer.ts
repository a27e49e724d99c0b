import type { Channel, Frames, Level, Player, PlayerSnapshot, Span, StemName } from '@/audio'

const SILENCE: Level = { peak: 0, rms: 0, clipped: false }

/** A Player without sound that records its calls, for tests of the screen. */
export class FakePlayer implements Player {
  readonly sampleRate: number
  readonly frames: Frames
  readonly calls: string[] = []
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
    this.calls.push('load')
  }
  retry(stem: StemName) {
    this.calls.push(`retry ${stem}`)
  }
  play() {
    this.change({ transport: 'playing' })
  }
  pause() {
    this.change({ transport: 'paused' })
  }
  seek(to: number) {
    this.at = Math.round(to * this.sampleRate)
    this.change({})
  }
  setLoop(loop: Span | null) {
    this.loop = loop
    this.change({ loop })
  }
  setMix(mix: ReadonlyMap<StemName, Channel>) {
    this.mix = mix
    this.calls.push('mix')
  }
  setMaster(master: number) {
    this.change({ master })
  }
  setLimiter(limiter: boolean) {
    this.change({ limiter })
  }
  setTempo(tempo: number) {
    this.change({ tempo })
  }
  setPitch(pitch: number) {
    this.change({ pitch })
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
    this.calls.push('dispose')
  }

  /** Changes the snapshot, as the engine does by itself, and calls the listeners. */
  change(change: Partial<PlayerSnapshot>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}
