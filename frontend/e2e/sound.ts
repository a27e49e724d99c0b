import type { Page } from '@playwright/test'

/** What the page asked of one source: all in whole frames. */
export interface Start {
  readonly at: number
  readonly from: number
}

/** A stretch of what left for the loudspeaker. frame: the context frame of its first sample. */
interface Recorded {
  readonly frame: number
  readonly channels: [Float32Array, Float32Array]
}

interface Ear {
  readonly starts: Start[]
  /** Puts the recorder into the audio graph, which must be there. */
  open(): Promise<void>
  record(seconds: number): Promise<Recorded>
}

declare global {
  interface Window {
    ear: Ear
    /** Milliseconds that the main thread is held up before each start, as by a busy page. */
    stallBeforeStart: number
  }
}

/** Listens in on the page's Web Audio: notes every start and can record what goes to the loudspeaker. */
export async function listenIn(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let output: AudioNode | null = null
    const starts: Start[] = []
    const start = AudioBufferSourceNode.prototype.start
    AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0) {
      for (const until = performance.now() + (window.stallBeforeStart ?? 0); performance.now() < until; );
      const rate = this.context.sampleRate
      const late = this.context.currentTime > when
      starts.push({ at: late ? Number.NaN : when * rate, from: offset * rate })
      start.call(this, when, offset)
    }
    const connect = AudioNode.prototype.connect as (target: AudioNode) => AudioNode
    AudioNode.prototype.connect = function (this: AudioNode, target: AudioNode) {
      if (target === this.context.destination && this.context instanceof AudioContext) output = this
      return connect.call(this, target)
    } as typeof AudioNode.prototype.connect

    const processor = `registerProcessor('ear', class extends AudioWorkletProcessor {
      process([[left, right]]) {
        if (left) this.port.postMessage({ frame: currentFrame, left: left.slice(), right: (right ?? left).slice() })
        return true
      }
    })`
    let context: AudioContext | null = null
    let hear: ((block: { frame: number; left: Float32Array; right: Float32Array }) => void) | null = null
    window.ear = {
      starts,
      async open() {
        if (!output) throw new Error('Nothing is connected to the loudspeaker yet')
        context = output.context as AudioContext
        await context.audioWorklet.addModule(URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })))
        const node = new AudioWorkletNode(context, 'ear', { channelCount: 2, channelCountMode: 'explicit' })
        node.port.onmessage = ({ data }) => hear?.(data)
        connect.call(output, node)
      },
      async record(seconds) {
        if (!context) throw new Error('The ear is not open')
        const wanted = seconds * context.sampleRate
        const blocks: { frame: number; left: Float32Array; right: Float32Array }[] = []
        await new Promise<void>((resolve) => {
          hear = (block) => {
            blocks.push(block)
            if (blocks.length * 128 >= wanted) resolve()
          }
        })
        hear = null
        const joined = (side: 'left' | 'right') => new Float32Array(blocks.flatMap((block) => Array.from(block[side])))
        return { frame: blocks[0]?.frame ?? 0, channels: [joined('left'), joined('right')] }
      },
    }
  })
}

export function starts(page: Page): Promise<Start[]> {
  return page.evaluate(() => window.ear.starts)
}

/** How loud a piece of the live output is, and what remains of it after Σ factor · stem is taken off, in dBFS. */
export interface Heard {
  readonly level: number
  readonly remainder: number
}

/** Records half a second of the live output and compares it with the stems' own files, mixed by these factors. */
export function compareOutput(page: Page, mix: readonly { url: string; factor: number }[]): Promise<Heard> {
  return page.evaluate(async (stems) => {
    const { frame, channels } = await window.ear.record(0.5)
    const running = window.ear.starts.at(-1)
    if (!running) throw new Error('Nothing has been started')
    const song = Math.round(running.from) + frame - Math.round(running.at)
    const decoder = new OfflineAudioContext(2, 1, 44100)
    let heard = 0
    let remainder = 0
    const expected = channels.map((channel) => new Float32Array(channel.length))
    for (const { url, factor } of stems) {
      const buffer = await decoder.decodeAudioData(await (await fetch(url)).arrayBuffer())
      expected.forEach((sum, side) => {
        const samples = buffer.getChannelData(side)
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (samples[song + i] ?? 0)
      })
    }
    channels.forEach((channel, side) => {
      channel.forEach((sample, i) => {
        heard = Math.max(heard, Math.abs(sample))
        remainder = Math.max(remainder, Math.abs(sample - (expected[side]?.[i] ?? 0)))
      })
    })
    return { level: 20 * Math.log10(heard), remainder: 20 * Math.log10(remainder) }
  }, mix)
}
