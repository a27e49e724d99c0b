import { type Decoder, openDecoder } from './flac/decoder'
import { audibleStems, type Channel, neutral, type StemName } from './mix'
import { silence } from './mixer/meter'
import { Output } from './mixer/output'
import { BrowserSpeaker, type Speaker } from './mixer/speaker'
import { Lane } from './playback/stemTrack'
import { Transport } from './playback/transport'
import type { LaneSource, Level, Player, PlayerOptions, PlayerSnapshot } from './player'
import { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude } from './units'

/** A loop shorter than this is a buzz. */
const SHORTEST_LOOP: Seconds = 0.05

/** What tests put in place of the browser's own. */
export interface Parts {
  readonly decoder?: Decoder
  readonly speaker?: Speaker
}

export function createPlayer(options: PlayerOptions, parts: Parts = {}): Player {
  return new Engine(options, parts)
}

class Engine implements Player {
  readonly sampleRate: number
  readonly frames: Frames
  readonly #decode: Decoder
  readonly #output: Output
  readonly #transport: Transport
  readonly #listeners = new Set<() => void>()
  readonly #channels = new Map<StemName, Channel>()
  #lanes: readonly Lane[] = []
  #master: Decibels = 0
  #limiter = false
  #resumes = false
  #snapshot: PlayerSnapshot

  constructor({ sampleRate, frames }: PlayerOptions, { decoder, speaker }: Parts) {
    this.sampleRate = sampleRate
    this.frames = frames
    this.#decode = decoder ?? openDecoder(sampleRate)
    this.#transport = new Transport(sampleRate, frames, () => this.#refresh())
    this.#output = new Output(speaker ?? new BrowserSpeaker(sampleRate), {
      running: () => this.#running(),
      interrupted: (comesBack) => this.#interrupted(comesBack),
      changed: () => this.#refresh(),
    })
    this.#snapshot = this.#describe()
  }

  load(sources: readonly LaneSource[]): void {
    this.#lanes = sources.map((source) => {
      const known = this.#lanes.find((lane) => lane.is(source))
      known?.renew(source)
      return known ?? this.#createLane(source)
    })
    this.#applyMix()
    this.#transport.setLanes(this.#lanes)
    this.#changed()
  }

  retry(stem: StemName): void {
    this.#lanes.find(({ source }) => source.stem === stem)?.stream.retry()
    this.#transport.pump()
    this.#changed()
  }

  play(at?: Seconds): void {
    if (at !== undefined) this.#transport.seek(at * this.sampleRate)
    this.#resumes = false
    if (this.#output.open(this.#master, this.#limiter)) {
      this.#openStrips()
      this.#transport.play()
    }
    this.#changed()
  }

  pause(): void {
    this.#resumes = false
    this.#transport.pause()
    this.#changed()
  }

  seek(to: Seconds): void {
    this.#transport.seek(to * this.sampleRate)
    this.#changed()
  }

  setLoop(loop: Span | null): void {
    this.#transport.setLoop(loop && this.#fit(loop))
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

  setMix(mix: ReadonlyMap<StemName, Channel>): void {
    for (const [stem, channel] of mix) this.#channels.set(stem, channel)
    this.#mixChanged()
  }

  clearMutesAndSolos(): void {
    for (const [stem, channel] of this.#channels) {
      this.#channels.set(stem, { ...channel, muted: false, soloed: false })
    }
    this.#mixChanged()
  }

  setMaster(gain: Decibels): void {
    this.#master = gain
    this.#output.desk?.setMaster(gain)
    this.#changed()
  }

  setLimiter(on: boolean): void {
    this.#limiter = on
    this.#output.desk?.setLimiter(on)
    this.#changed()
  }

  setTempo(tempo: number): void {
    this.#transport.tune(Math.min(2, Math.max(0.5, tempo)), this.#transport.pitch)
    this.#changed()
  }

  setPitch(pitch: Semitones): void {
    this.#transport.tune(this.#transport.tempo, Math.min(12, Math.max(-12, pitch)))
    this.#changed()
  }

  position(): Frames {
    return this.#transport.position()
  }

  decoded(): Span {
    const at = this.position()
    const heard = this.#lanes.filter(({ audible, stream }) => audible && !stream.failure)
    if (heard.length === 0) return { from: at, to: at }
    const from = Math.max(...heard.map(({ stream }) => stream.store.readyFrom(at)))
    const to = Math.min(...heard.map(({ stream }) => stream.store.readyTo(at)))
    return to > at ? { from, to } : { from: at, to: at }
  }

  level(stem: StemName): Level {
    return this.#lanes.find(({ source }) => source.stem === stem)?.opened?.meter.read() ?? silence
  }

  masterLevel(): Level {
    return this.#output.desk?.meter.read() ?? silence
  }

  clearClips(): void {
    for (const { opened } of this.#lanes) opened?.meter.clear()
    this.#output.desk?.meter.clear()
  }

  readonly snapshot = (): PlayerSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  dispose(): void {
    this.#listeners.clear()
    this.#transport.dispose()
    this.#lanes = []
    this.#output.dispose()
  }

  #createLane(source: LaneSource): Lane {
    const lane = new Lane(source, this.frames, this.#decode, () => {
      this.#transport.pump()
      this.#refresh()
    })
    return lane
  }

  #openStrips(): void {
    const { desk } = this.#output
    if (!desk) return
    for (const lane of this.#lanes) lane.open(desk)
    this.#transport.setContext(desk.context)
  }

  #running(): void {
    if (this.#resumes) this.play()
    else this.#refresh()
  }

  #interrupted(comesBack: boolean): void {
    const played = this.#transport.state !== 'paused'
    this.pause()
    this.#resumes = played && comesBack
  }

  #fit({ from, to }: Span): Span {
    const shortest = Math.ceil(SHORTEST_LOOP * this.sampleRate)
    const start = Math.min(Math.max(0, Math.round(from)), Math.max(0, this.frames - shortest))
    return { from: start, to: Math.min(this.frames, Math.max(start + shortest, Math.round(to))) }
  }

  #setChannel(stem: StemName, change: Partial<Channel>): void {
    this.#channels.set(stem, { ...(this.#channels.get(stem) ?? neutral), ...change })
    this.#mixChanged()
  }

  #mixChanged(): void {
    this.#applyMix()
    this.#transport.pump()
    this.#changed()
  }

  #applyMix(): void {
    const mix = this.#mix()
    const audible = audibleStems(mix)
    const { desk } = this.#output
    for (const lane of this.#lanes) {
      const { stem, trim = 0 } = lane.source
      const channel = mix.get(stem) ?? neutral
      lane.set(audible.has(stem), toAmplitude(channel.gain + trim), channel.pan)
      if (desk) lane.open(desk)
    }
  }

  #mix(): ReadonlyMap<StemName, Channel> {
    return new Map(this.#lanes.map(({ source }) => [source.stem, this.#channels.get(source.stem) ?? neutral]))
  }

  #describe(): PlayerSnapshot {
    const mix = this.#mix()
    const audible = audibleStems(mix)
    const position = this.position()
    return {
      transport: this.#transport.state,
      problem: this.#output.problem ?? (this.#transport.lacksStretch ? 'no-stretch' : null),
      master: this.#master,
      limiter: this.#limiter,
      loop: this.#transport.loop,
      tempo: this.#transport.tempo,
      pitch: this.#transport.pitch,
      stretch: this.#transport.stretch,
      stems: this.#lanes.map((lane) => ({
        ...(mix.get(lane.source.stem) ?? neutral),
        stem: lane.source.stem,
        audible: audible.has(lane.source.stem),
        load: lane.load(position, this.frames),
      })),
    }
  }

  /** Something changed by itself: listeners hear of it when it shows. */
  #refresh(): void {
    if (JSON.stringify(this.#describe()) !== JSON.stringify(this.#snapshot)) this.#changed()
  }

  #changed(): void {
    this.#snapshot = this.#describe()
    for (const listener of this.#listeners) listener()
  }
}
