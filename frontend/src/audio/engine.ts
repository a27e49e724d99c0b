import { type Decoder, openDecoder } from './flac/decoder'
import { audibleStems, type Channel, clampLoop, clampPan, clampPitch, clampTempo, neutral, type StemName } from './mix'
import { silence } from './mixer/meter'
import { Output } from './mixer/output'
import { BrowserSpeaker, type Speaker } from './mixer/speaker'
import { StemTrack } from './playback/stemTrack'
import { Transport } from './playback/transport'
import {
  isSameSnapshot,
  type Level,
  type Player,
  type PlayerOptions,
  type PlayerSnapshot,
  type StemSource,
} from './player'
import { type Decibels, type Frames, type Seconds, type Semitones, type Span, toAmplitude } from './units'

/** Stand-ins for the browser's own, for tests. */
export interface PlayerDependencies {
  readonly decoder?: Decoder
  readonly speaker?: Speaker
}

export function createPlayer(options: PlayerOptions, dependencies: PlayerDependencies = {}): Player {
  return new Engine(options, dependencies)
}

/** The Player: it joins the tracks, the transport and the output, and keeps one snapshot of them. */
class Engine implements Player {
  readonly sampleRate: number
  readonly frames: Frames
  readonly #decode: Decoder
  readonly #output: Output
  readonly #transport: Transport
  readonly #listeners = new Set<() => void>()
  readonly #channels = new Map<StemName, Channel>()
  #tracks: readonly StemTrack[] = []
  #master: Decibels = 0
  #limiter = false
  #resumesAfterInterruption = false
  #snapshot: PlayerSnapshot

  constructor({ sampleRate, frames }: PlayerOptions, { decoder, speaker }: PlayerDependencies) {
    this.sampleRate = sampleRate
    this.frames = frames
    this.#decode = decoder ?? openDecoder(sampleRate)
    this.#transport = new Transport(sampleRate, frames, () => this.#notifyIfChanged())
    this.#output = new Output(speaker ?? new BrowserSpeaker(sampleRate), {
      onRunning: () => this.#resumeOrRefresh(),
      onInterrupted: (willResume) => this.#pauseForInterruption(willResume),
      onProblemChange: () => this.#notifyIfChanged(),
    })
    this.#snapshot = this.#createSnapshot()
  }

  load(sources: readonly StemSource[]): void {
    this.#tracks = sources.map((source) => {
      const known = this.#tracks.find((track) => track.playsFile(source))
      known?.renewAddress(source)
      return known ?? this.#createTrack(source)
    })
    this.#applyMix()
    this.#transport.setTracks(this.#tracks)
    this.#notify()
  }

  retry(stem: StemName): void {
    this.#tracks.find(({ source }) => source.stem === stem)?.stream.retry()
    this.#transport.pump()
    this.#notify()
  }

  play(at?: Seconds): void {
    if (at !== undefined) this.#transport.seek(at * this.sampleRate)
    this.#resumesAfterInterruption = false
    if (this.#output.open(this.#master, this.#limiter)) {
      this.#openStrips()
      this.#transport.play()
    }
    this.#notify()
  }

  pause(): void {
    this.#resumesAfterInterruption = false
    this.#transport.pause()
    this.#notify()
  }

  seek(to: Seconds): void {
    this.#transport.seek(to * this.sampleRate)
    this.#notify()
  }

  setLoop(loop: Span | null): void {
    this.#transport.setLoop(loop && clampLoop(loop, this.frames, this.sampleRate))
    this.#notify()
  }

  setMix(mix: ReadonlyMap<StemName, Channel>): void {
    for (const [stem, channel] of mix) this.#channels.set(stem, { ...channel, pan: clampPan(channel.pan) })
    this.#applyMix()
    this.#transport.pump()
    this.#notify()
  }

  setMaster(gain: Decibels): void {
    this.#master = gain
    this.#output.bus?.setMaster(gain)
    this.#notify()
  }

  setLimiter(on: boolean): void {
    this.#limiter = on
    this.#output.bus?.setLimiter(on)
    this.#notify()
  }

  setTempo(tempo: number): void {
    this.#transport.setTempoAndPitch(clampTempo(tempo), this.#transport.pitch)
    this.#notify()
  }

  setPitch(pitch: Semitones): void {
    this.#transport.setTempoAndPitch(this.#transport.tempo, clampPitch(pitch))
    this.#notify()
  }

  position(): Frames {
    return this.#transport.position()
  }

  decoded(): Span {
    const at = this.position()
    const audible = this.#tracks.filter(({ audible, stream }) => audible && !stream.failure)
    if (audible.length === 0) return { from: at, to: at }
    const from = Math.max(...audible.map(({ stream }) => stream.store.decodedFrom(at)))
    const to = Math.min(...audible.map(({ stream }) => stream.store.decodedTo(at)))
    return to > at ? { from, to } : { from: at, to: at }
  }

  level(stem: StemName): Level {
    return this.#tracks.find(({ source }) => source.stem === stem)?.openedStrip?.meter.read() ?? silence
  }

  masterLevel(): Level {
    return this.#output.bus?.meter.read() ?? silence
  }

  clearClips(): void {
    for (const { openedStrip } of this.#tracks) openedStrip?.meter.clear()
    this.#output.bus?.meter.clear()
  }

  readonly snapshot = (): PlayerSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  dispose(): void {
    this.#listeners.clear()
    this.#transport.dispose()
    this.#tracks = []
    this.#output.dispose()
  }

  #createTrack(source: StemSource): StemTrack {
    return new StemTrack(source, this.frames, this.#decode, () => {
      this.#transport.pump()
      this.#notifyIfChanged()
    })
  }

  #openStrips(): void {
    const { bus } = this.#output
    if (!bus) return
    for (const track of this.#tracks) track.openStrip(bus)
    this.#transport.setContext(bus.context)
  }

  #resumeOrRefresh(): void {
    if (this.#resumesAfterInterruption) this.play()
    else this.#notifyIfChanged()
  }

  #pauseForInterruption(willResume: boolean): void {
    const played = this.#transport.state !== 'paused'
    this.pause()
    this.#resumesAfterInterruption = played && willResume
  }

  #applyMix(): void {
    const mix = this.#channelsByStem()
    const audible = audibleStems(mix)
    const { bus } = this.#output
    for (const track of this.#tracks) {
      const { stem, trim = 0 } = track.source
      const channel = mix.get(stem) ?? neutral
      track.setMix(audible.has(stem), toAmplitude(channel.gain + trim), channel.pan)
      if (bus) track.openStrip(bus)
    }
  }

  #channelsByStem(): ReadonlyMap<StemName, Channel> {
    return new Map(this.#tracks.map(({ source }) => [source.stem, this.#channels.get(source.stem) ?? neutral]))
  }

  #createSnapshot(): PlayerSnapshot {
    const mix = this.#channelsByStem()
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
      stems: this.#tracks.map((track) => ({
        ...(mix.get(track.source.stem) ?? neutral),
        stem: track.source.stem,
        audible: audible.has(track.source.stem),
        load: track.loadState(position, this.frames),
      })),
    }
  }

  /** Calls the listeners after a change that came by itself, if the snapshot shows it. */
  #notifyIfChanged(): void {
    if (!isSameSnapshot(this.#createSnapshot(), this.#snapshot)) this.#notify()
  }

  #notify(): void {
    this.#snapshot = this.#createSnapshot()
    for (const listener of this.#listeners) listener()
  }
}
