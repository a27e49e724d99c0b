import type { StretchChange, StretchNode } from 'signalsmith-stretch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, FakeNode, type FakeParam, fakeVoiceTrack, RATE } from '@/testing/fakeAudio'
import { Timeline } from '../timeline/timeline'
import type { Stretcher } from './stretcher'
import { StretchVoice } from './stretchVoice'

class FakeStretchNode extends FakeNode {
  readonly changes: StretchChange[] = []
  readonly buffers: (readonly Float32Array[])[] = []
  readonly dropped: (number | undefined)[] = []
  constructor() {
    super('stretch')
  }
  schedule(change: StretchChange) {
    this.changes.push(change)
    return Promise.resolve()
  }
  addBuffers(channels: readonly Float32Array[]) {
    this.buffers.push(channels)
    return Promise.resolve(0)
  }
  dropBuffers(before?: number) {
    this.dropped.push(before)
    return Promise.resolve()
  }
}

/** A voice at one and a half times the tempo, whose timeline frame 0 is song frame 0 at context frame 44100. */
function setUp({ stems = 2, pitch = 0 } = {}) {
  const context = new FakeContext()
  const anchor = { timeline: new Timeline(0, 100 * RATE, null), at: RATE, from: 0, tempo: 1.5 }
  const node = new FakeStretchNode()
  const released: unknown[] = []
  const stretcher = { release: (...given: unknown[]) => released.push(given) } as unknown as Stretcher
  const lease = { stretcher, node: node as unknown as StretchNode, channels: 2 * stems }
  const voice = new StretchVoice(context.asContext(), anchor, pitch, lease)
  const tracks = Array.from({ length: stems }, () => fakeVoiceTrack(context, [0, 10_000]))
  voice.add(tracks, 0, false)
  const gate = node.connections[0]?.target as FakeNode & { gain: FakeParam }
  return { context, anchor, node, voice, tracks, gate, released }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('StretchVoice', () => {
  it("leads from the stretcher over a gate to the tracks' strips", () => {
    const { node } = setUp()
    expect(node.connections[0]?.target.kind).toBe('gain')
    expect(node.connections[0]?.target.connections[0]?.target.kind).toBe('splitter')
  })

  it('hands over the sound of all tracks, two channels each', () => {
    const { node, voice } = setUp()
    voice.arm(5000)
    expect(node.buffers[0]?.map((samples) => [samples.length, samples[0], samples.at(-1)])).toEqual(
      Array.from({ length: 4 }, () => [5000, 0, 4999]),
    )
    voice.arm(8000)
    expect(node.buffers[1]?.[0]?.[0]).toBe(5000)
    expect(voice.armedTo()).toBe(8000)
  })

  it('hands over silence for a track that is not decoded, since the others cannot wait for it', () => {
    const { context, anchor, node } = setUp()
    const voice = new StretchVoice(context.asContext(), anchor, 0, {
      stretcher: {} as Stretcher,
      node: node as unknown as StretchNode,
      channels: 4,
    })
    voice.add([fakeVoiceTrack(context, [0, 10_000]), fakeVoiceTrack(context, [0, 10])], 0, false)
    voice.arm(5000)
    expect(node.buffers.at(-1)?.map((samples) => samples.at(-1))).toEqual([4999, 4999, 0, 0])
  })

  it('arms nothing twice', () => {
    const { node, voice } = setUp()
    voice.arm(5000)
    voice.arm(5000)
    expect(node.buffers).toHaveLength(1)
  })

  it('lets the stretcher forget what lies more than half a second behind', () => {
    const { context, node, voice } = setUp()
    voice.arm(1000)
    expect(node.dropped).toEqual([0])
    // Two seconds after the start at this tempo, three seconds of the song have gone by.
    context.currentTime = 3
    voice.arm(2000)
    expect(node.dropped.at(-1)).toBeCloseTo(2.5, 9)
  })

  it('schedules tempo and pitch for the frame that the anchor gives, once', () => {
    const { node, voice, gate } = setUp({ pitch: -2 })
    voice.open()
    voice.open()
    expect(node.changes).toEqual([{ outputTime: 1, output: 1, input: 0, rate: 1.5, semitones: -2, active: true }])
    expect(gate.gain.events).toEqual([{ kind: 'set', value: 1, time: (RATE - 0.5) / RATE }])
  })

  it('changes tempo and pitch on the way, from another anchor on', () => {
    const { anchor, node, voice } = setUp()
    voice.open()
    voice.retune({ ...anchor, at: 2 * RATE, from: 1.5 * RATE, tempo: 0.75 }, 5)
    expect(node.changes.at(-1)).toMatchObject({ output: 2, input: 1.5, rate: 0.75, semitones: 5 })
  })

  it('gives its node back after it has faded out', () => {
    const { context, node, voice, released } = setUp()
    voice.open()
    context.currentTime = 2
    voice.stop(3 * RATE, true)
    vi.advanceTimersByTime(1000)
    expect(released).toEqual([])
    vi.advanceTimersByTime(100)
    expect(released).toEqual([[4, node]])
    expect(node.changes.at(-1)).toMatchObject({ active: false })
    expect(node.connections).toEqual([])
  })

  it('gives its node back at once when it is taken back before it sounded, and only then', () => {
    const first = setUp()
    first.voice.discard()
    expect(first.released).toHaveLength(1)
    const second = setUp()
    second.voice.open()
    second.voice.discard()
    expect(second.released).toEqual([])
  })

  it('takes a track out at once', () => {
    const { voice, tracks } = setUp()
    const [first, second] = tracks
    if (first) voice.remove(first)
    expect([first, second].map((track) => track && voice.has(track))).toEqual([false, true])
  })
})
