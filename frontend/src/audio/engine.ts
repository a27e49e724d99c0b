import { LoadError, type LoadState, type Problem } from './failure'
import { Lane } from './lane'
import { type Loader, wholeFileLoader } from './loading'
import { amplitudes, audibleStems, type Channel, neutral, type StemName } from './mixer'
import type { LaneSource, Level, Player, PlayerOptions, PlayerSnapshot, Stretch, Transport } from './player'
import { type Anchor, LEAD, sharedStart, songFrame } from './schedule'
import { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude } from './units'

export function createPlayer(options: PlayerOptions & { readonly loader?: Loader }): Player {
  return new Engine(options)
}

interface Stem {
  readonly track: LaneSource
  readonly abort: AbortController
  channel: Channel
  load: LoadState
  buffer: AudioBuffer | null
  lane: Lane | null
}

class Engine implements Player {
  readonly sampleRate: number
  readonly frames: Frames
  readonly #openContext: (sampleRate: number) => BaseAudioContext
  readonly #loader: Loader
  readonly #stems = new Map<StemName, Stem>()
  readonly #listeners = new Set<() => void>()
  #context: BaseAudioContext | null = null
  #output: GainNode | null = null
  #transport: Transport = 'paused'
  #master: Decibels = 0
  /** Where the song stands while nothing sounds. */
  #resting: Frames = 0
  #anchor: Anchor | null = null
  #limiter = false
  #loop: Span | null = null
  #tempo = 1
  #pitch: Semitones = 0
  #snapshot: PlayerSnapshot = {
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

  constructor({ sampleRate, frames, openContext, loader }: PlayerOptions & { readonly loader?: Loader }) {
    this.sampleRate = sampleRate
    this.frames = frames
    this.#openContext = openContext ?? ((rate) => new AudioContext({ sampleRate: rate, latencyHint: 'interactive' }))
    this.#loader = loader ?? wholeFileLoader(sampleRate)
  }

  load(tracks: readonly LaneSource[]): void {
    const wanted = new Map(tracks.map((track) => [track.stem, track]))
    const before = new Map(this.#stems)
    this.#stems.clear()
    for (const [name, stem] of before) {
      if (wanted.get(name)?.url !== stem.track.url) this.#discard(stem)
    }
    for (const [name, track] of wanted) {
      const old = before.get(name)
      if (old?.track.url === track.url) this.#stems.set(name, old)
      else this.#fetch(track, old?.channel ?? neutral)
    }
    this.#applyMix()
    this.#startIfReady()
    this.#changed()
  }

  retry(name: StemName): void {
    const stem = this.#stems.get(name)
    if (stem?.load.kind !== 'failed') return
    this.#fetch(stem.track, stem.channel)
    this.#changed()
  }

  play(at?: Seconds): void {
    if (at !== undefined) this.seek(at)
    if (this.#transport !== 'paused') return
    if (this.#resting >= this.frames) this.#resting = 0
    this.#openOutput()
    this.#transport = 'waiting'
    this.#startIfReady()
    this.#changed()
  }

  pause(): void {
    if (this.#transport === 'paused') return
    this.#halt()
    this.#transport = 'paused'
    this.#changed()
  }

  seek(to: Seconds): void {
    const sounding = this.#transport === 'playing'
    this.#halt()
    this.#resting = Math.min(this.frames, Math.max(0, Math.round(to * this.sampleRate)))
    if (sounding && this.#resting >= this.frames) this.#transport = 'paused'
    else if (sounding) this.#start()
    this.#changed()
  }

  setGain(stem: StemName, gain: Decibels): void {
    this.#setChannel(stem, { gain })
  }

  setMuted(stem: StemName, muted: boolean): void {
    this.#setChannel(stem, { muted })
  }

  setSoloed(stem: StemName, soloed: boolean): void {
    this.#setChannel(stem, { soloed })
  }

  setPan(stem: StemName, pan: number): void {
    this.#setChannel(stem, { pan: Math.min(1, Math.max(-1, pan)) })
  }

  setMaster(gain: Decibels): void {
    this.#master = gain
    if (this.#context) this.#output?.gain.setTargetAtTime(toAmplitude(gain), this.#context.currentTime, 0.005)
    this.#changed()
  }

  clearMutesAndSolos(): void {
    for (const stem of this.#stems.values()) stem.channel = { ...stem.channel, muted: false, soloed: false }
    this.#applyMix()
    this.#changed()
  }

  position(): Frames {
    if (!this.#context || !this.#anchor) return this.#resting
    return songFrame(this.#anchor, heardTime(this.#context), this.sampleRate, this.frames)
  }

  setLoop(loop: Span | null): void {
    this.#loop = loop
    this.#changed()
  }

  setMix(mix: ReadonlyMap<StemName, Channel>): void {
    for (const [name, channel] of mix) {
      const stem = this.#stems.get(name)
      if (stem) stem.channel = channel
    }
    this.#applyMix()
    this.#changed()
  }

  setLimiter(on: boolean): void {
    this.#limiter = on
    this.#changed()
  }

  setTempo(tempo: number): void {
    this.#tempo = tempo
    this.#changed()
  }

  setPitch(pitch: Semitones): void {
    this.#pitch = pitch
    this.#changed()
  }

  decoded(): Span {
    const whole = [...this.#stems.values()].every(({ buffer }) => buffer)
    return { from: 0, to: whole ? this.frames : 0 }
  }

  level(stem: StemName): Level {
    const peak = this.#stems.get(stem)?.lane?.peak() ?? 0
    return { peak, rms: 0, clipped: peak > 1 }
  }

  masterLevel(): Level {
    return { peak: 0, rms: 0, clipped: false }
  }

  clearClips(): void {}

  readonly snapshot = (): PlayerSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  dispose(): void {
    this.#listeners.clear()
    this.#transport = 'paused'
    for (const stem of this.#stems.values()) this.#discard(stem)
    this.#stems.clear()
    this.#output?.disconnect()
    if (this.#context && 'close' in this.#context) void (this.#context as AudioContext).close()
  }

  #fetch(track: LaneSource, channel: Channel): void {
    const stem: Stem = {
      track,
      channel,
      abort: new AbortController(),
      load: { kind: 'loading', retrying: false },
      buffer: null,
      lane: null,
    }
    this.#stems.set(track.stem, stem)
    void this.#receive(stem)
  }

  async #receive(stem: Stem): Promise<void> {
    const { signal } = stem.abort
    try {
      const buffer = await this.#loader(stem.track, signal)
      if (signal.aborted) return
      stem.buffer = buffer
      stem.load = { kind: 'ready' }
      this.#join(stem)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof LoadError)) throw error
      stem.load = { kind: 'failed', failure: error.failure }
    }
    this.#startIfReady()
    this.#changed()
  }

  #openOutput(): void {
    if (!this.#context) {
      const context = this.#openContext(this.sampleRate)
      this.#context = context
      this.#output = context.createGain()
      this.#output.gain.value = toAmplitude(this.#master)
      this.#output.connect(context.destination)
      // The system took the sound away (a call, an unplugged device): show it as what it is.
      context.addEventListener('statechange', () => {
        if (context.state !== 'running' && this.#transport === 'playing') this.pause()
      })
    }
    if ('resume' in this.#context && this.#context.state !== 'running') void (this.#context as AudioContext).resume()
  }

  #startIfReady(): void {
    if (this.#transport !== 'waiting') return
    const stems = [...this.#stems.values()]
    if (stems.length === 0 || stems.some(({ load }) => load.kind === 'loading')) return
    this.#transport = stems.some(({ buffer }) => buffer) ? 'playing' : 'paused'
    if (this.#transport === 'playing') this.#start()
  }

  #start(): void {
    this.#anchor = null
    this.#anchor = this.#arm([...this.#stems.values()])
  }

  /** Lets a stem that has just loaded fall in with the others, frame for frame. */
  #join(stem: Stem): void {
    if (this.#anchor) this.#arm([stem])
  }

  /** Starts stems at one common context frame, in step with those that already sound. Gives that frame. */
  #arm(stems: readonly Stem[]): Anchor | null {
    const running = this.#anchor
    if (!this.#context) return null
    for (let lead = LEAD; ; lead *= 2) {
      const soon = sharedStart(this.#context.currentTime, this.sampleRate, lead)
      const context = Math.max(soon, running?.context ?? 0)
      const song = running ? running.song + context - running.context : this.#resting
      if (song >= this.frames) return running
      for (const stem of stems) this.#startLane(stem, { context, song })
      // A stalled thread may have let that frame pass before the last stem was armed: then all of them go again.
      if (this.#context.currentTime * this.sampleRate < context) return { context, song }
    }
  }

  #startLane(stem: Stem, { context, song }: Anchor): void {
    if (!stem.buffer || !this.#context || !this.#output) return
    const { channel, track } = stem
    const amplitude = amplitudes(this.#mix()).get(track.stem) ?? 0
    stem.lane ??= new Lane(this.#context, this.#output, amplitude, channel.pan)
    stem.lane.start(stem.buffer, context, song, () => this.#played())
  }

  #played(): void {
    if ([...this.#stems.values()].some(({ lane }) => lane?.playing)) return
    this.#anchor = null
    this.#resting = this.frames
    this.#transport = 'paused'
    this.#changed()
  }

  #halt(): void {
    this.#resting = this.position()
    this.#anchor = null
    for (const { lane } of this.#stems.values()) lane?.stop()
  }

  #discard(stem: Stem): void {
    stem.abort.abort()
    stem.lane?.dispose()
  }

  #setChannel(name: StemName, change: Partial<Channel>): void {
    const stem = this.#stems.get(name)
    if (!stem) return
    stem.channel = { ...stem.channel, ...change }
    this.#applyMix()
    this.#changed()
  }

  #applyMix(): void {
    const targets = amplitudes(this.#mix())
    for (const [name, { lane, channel }] of this.#stems) lane?.set(targets.get(name) ?? 0, channel.pan)
  }

  #mix(): ReadonlyMap<StemName, Channel> {
    return new Map([...this.#stems].map(([name, { channel }]) => [name, channel]))
  }

  #changed(): void {
    const audible = audibleStems(this.#mix())
    this.#snapshot = {
      transport: this.#transport,
      problem: null as Problem | null,
      master: this.#master,
      limiter: this.#limiter,
      loop: this.#loop,
      tempo: this.#tempo,
      pitch: this.#pitch,
      stretch: 'exact' as Stretch,
      stems: [...this.#stems].map(([stem, { channel, load }]) => ({
        ...channel,
        stem,
        load,
        audible: audible.has(stem),
      })),
    }
    for (const listener of this.#listeners) listener()
  }
}

/** The context time that the listener hears now, behind currentTime by the output's latency. */
function heardTime(context: BaseAudioContext): Seconds {
  if (!('getOutputTimestamp' in context)) return context.currentTime
  const { contextTime, performanceTime } = (context as AudioContext).getOutputTimestamp()
  if (!contextTime || !performanceTime) return context.currentTime
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000)
}
