/** What the measured page can do; `window.bench` for the script that drives it. */
import * as audio from '../../frontend/src/audio'
import { FullDecode } from './fullDecode'

export interface Recording {
  readonly sampleRate: number
  readonly frames: number
  readonly stems: readonly audio.StemSource[]
  readonly mixture: audio.StemSource
}

/** Audio clock times at which sources were told to start, and where the clock runs. */
const starts: { when: number; context: BaseAudioContext }[] = []
const start = AudioBufferSourceNode.prototype.start
AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0) {
  if (this.context instanceof AudioContext) starts.push({ when, context: this.context })
  start.call(this, when, offset)
}

/** Decoded sound that is still held: sizes of the buffers that the garbage collector has not taken. */
let heldBytes = 0
const collected = new FinalizationRegistry<number>((bytes) => {
  heldBytes -= bytes
})
function hold(buffer: AudioBuffer): AudioBuffer {
  const bytes = buffer.length * buffer.numberOfChannels * 4
  heldBytes += bytes
  collected.register(buffer, bytes)
  return buffer
}
const decode = BaseAudioContext.prototype.decodeAudioData
BaseAudioContext.prototype.decodeAudioData = async function (file) {
  return hold(await decode.call(this, file))
}
const create = BaseAudioContext.prototype.createBuffer
BaseAudioContext.prototype.createBuffer = function (...shape) {
  return hold(create.apply(this, shape))
}

/** Milliseconds from `action` until the clock of the sound reaches the first sample that it started. */
async function untilSound(action: () => void): Promise<number> {
  starts.length = 0
  const begun = performance.now()
  action()
  for (;;) {
    const first = starts[0]
    if (first && first.context.state === 'running' && first.context.currentTime >= first.when) break
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return performance.now() - begun
}

let player: audio.Player | null = null
let full: FullDecode | null = null

const bench = {
  audio,
  heldBytes: () => heldBytes,
  get player() {
    if (!player) throw new Error('no player yet')
    return player
  },
  /** Makes a player that prefetches. */
  open({ sampleRate, frames, stems }: Recording): void {
    player = audio.createPlayer({ sampleRate, frames })
    player.load(stems)
  },
  ready: async (): Promise<void> => {
    while (!player?.snapshot().stems.every(({ load }) => load.kind === 'ready')) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  },
  play: () => untilSound(() => player?.play()),
  /** As when the page is opened by the click itself: nothing is there yet. */
  openAndPlay: (recording: Recording) =>
    untilSound(() => {
      bench.open(recording)
      player?.play()
    }),
  seek: (to: number) => untilSound(() => player?.seek(to)),
  openFull: (recording: Recording) => {
    full = new FullDecode(
      new AudioContext({ sampleRate: recording.sampleRate }),
      recording.stems.map(({ url }) => url),
    )
    return untilSound(async () => {
      await full?.load()
      full?.play(0)
    })
  },
  seekFull: (to: number) => untilSound(() => full?.play(to)),
}

declare global {
  interface Window {
    bench: typeof bench
  }
}
window.bench = bench
