import { describe, expect, it } from 'vitest'
import { FakeContext, type FakeEvent, type FakeNode, type FakeParam, fakeVoiceTrack, RATE } from '@/testing/fakeAudio'
import { Timeline } from '../timeline/timeline'
import { ExactVoice } from './exactVoice'
import { RAMP } from './fadeGate'

const FRAMES = 100_000

/** A voice whose timeline frame 0 is song frame `start` and sounds at context frame 1000. */
function setUp(start = 0) {
  const context = new FakeContext()
  const anchor = { timeline: new Timeline(start, FRAMES, null), at: 1000, from: 0, tempo: 1 }
  const voice = new ExactVoice(context.asContext(), anchor)
  const track = (...decoded: [number, number][]) => fakeVoiceTrack(context, ...decoded)
  return { context, voice, track }
}

/** What was scheduled on the gates of all sources that are connected, oldest first. */
const gateEvents = (context: FakeContext): FakeEvent[] =>
  context.created
    .filter(({ kind }) => kind === 'source')
    .flatMap(({ connections }) => connections)
    .flatMap(({ target }) => (target as FakeNode & { gain: FakeParam }).gain.events)

describe('ExactVoice', () => {
  it('plays the samples of all tracks with one source, at the frame that the anchor gives', () => {
    const { context, voice, track } = setUp(500)
    voice.add([track([0, 5000]), track([0, 5000])], 0, false)
    voice.arm(2000)
    expect(context.starts).toHaveLength(1)
    const [start] = context.starts
    expect(start?.at).toBe(1000)
    expect(start?.end).toBe(3000)
    expect(start?.stems.map((samples) => [samples[0], samples.at(-1)])).toEqual([
      [500, 2499],
      [500, 2499],
    ])
  })

  it('lets nothing through until it is opened', () => {
    const { context, voice, track } = setUp()
    voice.add([track([0, 5000])], 0, false)
    voice.arm(2000)
    expect(gateEvents(context)).toEqual([])
    voice.open()
    expect(gateEvents(context)).toEqual([{ kind: 'set', value: 1, time: 999.5 / RATE }])
  })

  it('begins with a ramp where it is asked to, and continues without one', () => {
    const { context, voice, track } = setUp()
    voice.add([track([0, 5000])], 0, true)
    voice.arm(1000)
    voice.open()
    voice.arm(2000)
    voice.open()
    expect(gateEvents(context).map(({ kind, value }) => [kind, value])).toEqual([
      ['set', 0],
      ['ramp', 1],
      ['set', 1],
    ])
    expect(context.starts.map(({ at }) => at)).toEqual([1000, 2000])
  })

  it('arms only the tracks that are decoded far enough', () => {
    const { context, voice, track } = setUp()
    const [there, behind] = [track([0, 5000]), track([0, 500])]
    voice.add([there, behind], 0, false)
    voice.arm(1000)
    expect(context.starts.map(({ stems }) => stems.length)).toEqual([1])
    expect(voice.armedTo(there)).toBe(1000)
    expect(voice.armedTo(behind)).toBe(0)
  })

  it('gives tracks that go on from different frames sources of their own', () => {
    const { context, voice, track } = setUp()
    const [first, second] = [track([0, 5000]), track([0, 5000])]
    voice.add([first], 0, false)
    voice.add([second], 700, true)
    voice.arm(1000)
    expect(context.starts.map(({ at, stems }) => [at, stems[0]?.[0]])).toEqual([
      [1000, 0],
      [1700, 700],
    ])
  })

  it('splits tracks over sources of at most 16, which have 32 channels', () => {
    const { context, voice, track } = setUp()
    voice.add(
      Array.from({ length: 17 }, () => track([0, 5000])),
      0,
      false,
    )
    voice.arm(1000)
    expect(context.starts.map(({ stems }) => stems.length)).toEqual([16, 1])
  })

  it('takes back what was armed and not opened, so that it can be armed again', () => {
    const { context, voice, track } = setUp()
    const one = track([0, 5000])
    voice.add([one], 0, true)
    voice.arm(1000)
    voice.discard()
    expect(context.audibleStarts).toEqual([])
    expect(voice.armedTo(one)).toBe(0)
    voice.arm(1000)
    voice.open()
    expect(gateEvents(context).map(({ value }) => value)).toEqual([0, 1])
  })

  it('keeps what was opened when something later is taken back', () => {
    const { context, voice, track } = setUp()
    const one = track([0, 5000])
    voice.add([one], 0, false)
    voice.arm(1000)
    voice.open()
    voice.arm(2000)
    voice.discard()
    expect(context.audibleStarts.map(({ at, end }) => [at, end])).toEqual([[1000, 2000]])
    expect(voice.armedTo(one)).toBe(1000)
  })

  it('fades all sources out from one frame on, and stops them after the fade', () => {
    const { context, voice, track } = setUp()
    voice.add([track([0, 50_000])], 0, false)
    voice.arm(40_000)
    voice.open()
    voice.stop(5000, true)
    expect(gateEvents(context).at(-1)).toEqual({ kind: 'ramp', value: 0, time: 4999.5 / RATE + RAMP })
    expect(context.starts[0]?.end).toBe(Math.round(5000 + (RAMP + 0.02) * RATE))
  })

  it('stops no earlier than now', () => {
    const { context, voice, track } = setUp()
    voice.add([track([0, 50_000])], 0, false)
    voice.arm(40_000)
    voice.open()
    context.currentTime = 0.5
    voice.stop(0, false)
    expect(gateEvents(context).at(-1)).toEqual({ kind: 'set', value: 0, time: (0.5 * RATE - 0.5) / RATE })
  })

  it('takes a track out at once, and plays the others on', () => {
    const { voice, track } = setUp()
    const [kept, removed] = [track([0, 5000]), track([0, 5000])]
    voice.add([kept, removed], 0, false)
    voice.arm(1000)
    voice.remove(removed)
    expect([voice.has(kept), voice.has(removed)]).toEqual([true, false])
    voice.arm(2000)
    expect([voice.armedTo(kept), voice.armedTo(removed)]).toEqual([2000, 0])
  })

  it('cleans up after a source that has ended', () => {
    const { context, voice, track } = setUp()
    voice.add([track([0, 5000])], 0, false)
    voice.arm(1000)
    const source = context.created.find(({ kind }) => kind === 'source') as FakeNode & { onended: () => void }
    source.onended()
    expect(source.connections).toEqual([])
  })
})
