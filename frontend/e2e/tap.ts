import type { Page } from '@playwright/test'

/** What has been heard since the tap was opened or reset. */
export interface Heard {
  /** Greatest difference between any stem's sample and its player's first stem's at the same instant, of 1. */
  readonly spread: number
  /** How often a player's silence was followed by sound. */
  readonly starts: number
}

/** A stretch of the live sound. frame: the context frame of the first sample. stems: left channel of each strip. */
export interface Recording {
  readonly frame: number
  readonly stems: Float32Array[]
  readonly output: [Float32Array, Float32Array]
}

interface Tap {
  /**
   * Puts the tap into the running graph: one input for each strip, one for what goes to the loudspeaker. The strips
   * are of one player, or of several with equally many stems in one context.
   */
  open(players?: number): Promise<void>
  heard(): Promise<Heard>
  reset(): void
  record(frames: number): Promise<Recording>
}

declare global {
  interface Window {
    tap: Tap
    /** The main thread is held up for so many milliseconds before a source is started, so often. */
    stall: { chance: number; ms: number }
  }
}

/** Prepares a page's Web Audio to be tapped; before it is opened. */
export async function prepareTap(page: Page): Promise<void> {
  await page.addInitScript(installTap)
}

/** Runs in the page. A broken engine: whatever is started, its first stem is one sample late. */
export function makeFirstLaneLate(): void {
  const start = AudioBufferSourceNode.prototype.start
  AudioBufferSourceNode.prototype.start = function (when, offset) {
    for (const side of [0, 1]) this.buffer?.getChannelData(side).copyWithin(1, 0)
    start.call(this, when, offset)
  }
}

/** Runs in the page. */
function installTap(): void {
  const strips: AudioNode[] = []
  let output: AudioNode | null = null
  const connect = AudioNode.prototype.connect as (target: AudioNode, ...ports: number[]) => AudioNode
  AudioNode.prototype.connect = function (this: AudioNode, target: AudioNode, ...ports: number[]) {
    if (this.context instanceof AudioContext) {
      if (this instanceof StereoPannerNode && !strips.includes(this)) strips.push(this)
      if (target === this.context.destination) output = this
    }
    return connect.call(this, target, ...ports)
  } as typeof AudioNode.prototype.connect
  window.stall = { chance: 0, ms: 0 }
  const start = AudioBufferSourceNode.prototype.start
  AudioBufferSourceNode.prototype.start = function (when, offset, duration) {
    const { chance, ms } = window.stall
    if (Math.random() < chance) for (const until = performance.now() + ms; performance.now() < until; );
    if (duration === undefined) start.call(this, when, offset)
    else start.call(this, when, offset, duration)
  }

  const processor = `registerProcessor('tap', class extends AudioWorkletProcessor {
    constructor({ processorOptions }) {
      super()
      this.stems = processorOptions.stems
      this.left = 0
      this.reset()
      this.port.onmessage = ({ data }) => {
        if (data.ask === 'heard') this.port.postMessage({ heard: { spread: this.spread, starts: this.starts } })
        if (data.ask === 'reset') this.reset()
        if (data.ask === 'record') this.left = data.frames
      }
    }
    reset() {
      this.spread = this.starts = 0
      this.sounding = new Set()
    }
    compare(stems, player) {
      const [first, ...others] = stems
      let sound = false
      for (let i = 0; i < 128; i++) {
        if (first[i] !== 0) sound = true
        for (const stem of others) {
          if (stem[i] !== 0) sound = true
          const difference = Math.abs(stem[i] - first[i])
          if (difference > this.spread) this.spread = difference
        }
      }
      if (sound && !this.sounding.has(player)) this.starts++
      if (sound) this.sounding.add(player)
      else this.sounding.delete(player)
    }
    process(inputs) {
      const output = inputs.at(-1)
      const stems = inputs.slice(0, -1).map(([left]) => left ?? new Float32Array(128))
      for (let at = 0; at < stems.length; at += this.stems) this.compare(stems.slice(at, at + this.stems), at)
      if (this.left > 0) {
        this.left -= 128
        const [left = new Float32Array(128), right = left] = output
        const block = { frame: currentFrame, stems: stems.map((stem) => stem.slice()), output: [left.slice(), right.slice()] }
        this.port.postMessage({ block, last: this.left <= 0 })
      }
      return true
    }
  })`
  type Block = { frame: number; stems: Float32Array[]; output: [Float32Array, Float32Array] }
  let node: AudioWorkletNode | null = null
  const port = () => {
    if (!node) throw new Error('The tap is not open')
    return node.port
  }
  const joined = (parts: readonly (Float32Array | undefined)[]) =>
    new Float32Array(parts.flatMap((part) => Array.from(part ?? [])))
  window.tap = {
    async open(players = 1) {
      if (!output) throw new Error('Nothing is connected to the loudspeaker yet')
      const context = output.context as AudioContext
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })))
      node = new AudioWorkletNode(context, 'tap', {
        numberOfInputs: strips.length + 1,
        numberOfOutputs: 0,
        channelCount: 2,
        channelCountMode: 'explicit',
        processorOptions: { stems: strips.length / players },
      })
      for (const [input, strip] of strips.entries()) connect.call(strip, node, 0, input)
      connect.call(output, node, 0, strips.length)
    },
    heard: () =>
      new Promise((resolve) => {
        port().onmessage = ({ data }) => resolve(data.heard)
        port().postMessage({ ask: 'heard' })
      }),
    reset: () => port().postMessage({ ask: 'reset' }),
    record: (frames) =>
      new Promise((resolve) => {
        const blocks: Block[] = []
        port().onmessage = ({ data }) => {
          blocks.push(data.block)
          if (!data.last) return
          resolve({
            frame: blocks[0]?.frame ?? 0,
            stems: strips.map((_, stem) => joined(blocks.map((block) => block.stems[stem]))),
            output: [joined(blocks.map(({ output }) => output[0])), joined(blocks.map(({ output }) => output[1]))],
          })
        }
        port().postMessage({ ask: 'record', frames })
      }),
  }
}
