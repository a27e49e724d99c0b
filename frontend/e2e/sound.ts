import type { Page } from '@playwright/test'

/** A stretch of what left for the loudspeaker, left and right. */
type Recorded = [Float32Array, Float32Array]

interface Ear {
  /** Puts the recorder into the audio graph, which must be there. */
  open(): Promise<void>
  record(seconds: number): Promise<Recorded>
}

declare global {
  interface Window {
    ear: Ear
  }
}

/** Listens in on the page's Web Audio: can record what goes to the loudspeaker. */
export async function listenIn(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let output: AudioNode | null = null
    const connect = AudioNode.prototype.connect as (target: AudioNode, ...ports: number[]) => AudioNode
    AudioNode.prototype.connect = function (this: AudioNode, target: AudioNode, ...ports: number[]) {
      if (target === this.context.destination && this.context instanceof AudioContext) output = this
      return connect.call(this, target, ...ports)
    } as typeof AudioNode.prototype.connect

    const processor = `registerProcessor('ear', class extends AudioWorkletProcessor {
      process([[left, right]]) {
        if (left) this.port.postMessage({ left: left.slice(), right: (right ?? left).slice() })
        return true
      }
    })`
    let context: AudioContext | null = null
    let hear: ((block: { left: Float32Array; right: Float32Array }) => void) | null = null
    window.ear = {
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
        const blocks: { left: Float32Array; right: Float32Array }[] = []
        await new Promise<void>((resolve) => {
          hear = (block) => {
            blocks.push(block)
            if (blocks.length * 128 >= wanted) resolve()
          }
        })
        hear = null
        const joined = (side: 'left' | 'right') => new Float32Array(blocks.flatMap((block) => Array.from(block[side])))
        return [joined('left'), joined('right')]
      },
    }
  })
}

/** How loud a piece of the live output is, and what remains of it after Σ factor · stem is taken off, in dBFS. */
export interface Heard {
  readonly level: number
  readonly remainder: number
}

/**
 * Records half a second of the live output and compares it with the stems' own files, mixed by these factors, at the
 * place in the song where they fit best.
 */
export function compareOutput(page: Page, mix: readonly { url: string; factor: number }[]): Promise<Heard> {
  return page.evaluate(async (stems) => {
    const recorded = await window.ear.record(0.5)
    const decoder = new OfflineAudioContext(2, 1, 44100)
    const expected: [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)]
    for (const { url, factor } of stems) {
      const buffer = await decoder.decodeAudioData(await (await fetch(url)).arrayBuffer())
      for (const side of [0, 1] as const) {
        if (expected[side].length === 0) expected[side] = new Float32Array(buffer.length)
        const sum = expected[side]
        const samples = buffer.getChannelData(side)
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (samples[i] ?? 0)
      }
    }
    const [left] = recorded
    let least = Number.POSITIVE_INFINITY
    let song = 0
    for (let at = 0; at + left.length <= expected[0].length; at++) {
      let error = 0
      for (let i = 0; i < 512 && error < least; i++) error += ((left[i] ?? 0) - (expected[0][at + i] ?? 0)) ** 2
      if (error < least) {
        least = error
        song = at
      }
    }
    let heard = 0
    let remainder = 0
    recorded.forEach((channel, side) => {
      channel.forEach((sample, i) => {
        heard = Math.max(heard, Math.abs(sample))
        remainder = Math.max(remainder, Math.abs(sample - (expected[side]?.[song + i] ?? 0)))
      })
    })
    return { level: 20 * Math.log10(heard), remainder: 20 * Math.log10(remainder) }
  }, mix)
}
