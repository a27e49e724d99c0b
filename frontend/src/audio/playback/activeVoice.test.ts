import { describe, expect, it } from 'vitest'
import { FakeContext, fakeVoiceTrack, RATE } from '@/testing/fakeAudio'
import { Timeline } from '../timeline/timeline'
import {
  armedToByAll,
  currentFrame,
  decodedToByAll,
  handOverLimit,
  hasSameTracks,
  isNeeded,
  soundingTracks,
  soundsWithin,
} from './activeVoice'
import { ExactVoice } from './exactVoice'
import type { StemTrack } from './stemTrack'

const FRAMES = 60 * RATE

function setUp() {
  const context = new FakeContext()
  const anchor = { timeline: new Timeline(0, FRAMES, null), at: RATE, from: 0, tempo: 1 }
  const voice = new ExactVoice(context.asContext(), anchor)
  const track = (decodedTo: number, { audible = true, failed = false } = {}) => {
    const made = fakeVoiceTrack(context, [0, decodedTo])
    return Object.assign(made, {
      audible,
      stream: Object.assign(made.stream, { failure: failed ? 'network' : null }),
    }) as unknown as StemTrack
  }
  return { context, active: { anchor, voice }, voice, track }
}

describe('the tracks of an active voice', () => {
  it('are those that it plays', () => {
    const { active, voice, track } = setUp()
    const [playing, waiting] = [track(1000), track(1000)]
    voice.add([playing], 0, false)
    expect(soundingTracks(active, [playing, waiting])).toEqual([playing])
  })

  it('are needed while they are audible and can be had', () => {
    const { track } = setUp()
    expect(isNeeded(track(0))).toBe(true)
    expect(isNeeded(track(0, { audible: false }))).toBe(false)
    expect(isNeeded(track(0, { failed: true }))).toBe(false)
  })

  it('are the same whatever their order', () => {
    const { track } = setUp()
    const [a, b, c] = [track(0), track(0), track(0)]
    expect(hasSameTracks([a, b], [b, a])).toBe(true)
    expect(hasSameTracks([a, b], [a, c])).toBe(false)
    expect(hasSameTracks([a, b], [a])).toBe(false)
  })
})

describe('armedToByAll', () => {
  it('is the frame of the needed track that is furthest behind', () => {
    const { context, active, voice, track } = setUp()
    const tracks = [track(5000), track(2000), track(1000, { audible: false })]
    voice.add(tracks, 0, false)
    voice.arm(2000)
    voice.arm(5000)
    expect(armedToByAll(active, tracks, context.asContext())).toBe(2000)
  })

  it('is as far as may be handed over when nobody waits', () => {
    const { context, active, voice, track } = setUp()
    const muted = track(0, { audible: false })
    voice.add([muted], 0, false)
    expect(armedToByAll(active, [muted], context.asContext())).toBe(handOverLimit(active.anchor, context.asContext()))
  })
})

describe('decodedToByAll', () => {
  it('is the frame up to which every needed track is decoded', () => {
    const { active, voice, track } = setUp()
    const tracks = [track(5000), track(3000), track(10, { audible: false })]
    voice.add(tracks, 0, false)
    expect(decodedToByAll(active, tracks, 10_000)).toBe(3000)
  })

  it('goes no further than the limit', () => {
    const { active, voice, track } = setUp()
    const tracks = [track(5000)]
    voice.add(tracks, 0, false)
    expect(decodedToByAll(active, tracks, 2000)).toBe(2000)
  })
})

describe('handOverLimit', () => {
  it('is 3.5 s of sound from the start on, and from now on later', () => {
    const { context, active } = setUp()
    expect(handOverLimit(active.anchor, context.asContext())).toBe(3.5 * RATE)
    context.currentTime = 2
    expect(handOverLimit(active.anchor, context.asContext())).toBe(4.5 * RATE)
  })

  it('reaches further into the timeline at a fast tempo', () => {
    const { context, active } = setUp()
    expect(handOverLimit({ ...active.anchor, tempo: 2 }, context.asContext())).toBe(7 * RATE)
  })

  it('ends with the timeline', () => {
    const { context, active } = setUp()
    context.currentTime = 60
    expect(handOverLimit(active.anchor, context.asContext())).toBe(FRAMES)
  })
})

describe('soundsWithin', () => {
  it('counts from now to the frame at which a timeline frame sounds', () => {
    const { context, active } = setUp()
    expect(soundsWithin(active.anchor, 0, 0.99, context.asContext())).toBe(false)
    expect(soundsWithin(active.anchor, 0, 1, context.asContext())).toBe(true)
    context.currentTime = 1
    expect(soundsWithin(active.anchor, RATE, 0.5, context.asContext())).toBe(false)
  })
})

it('currentFrame is the clock in whole frames', () => {
  const { context } = setUp()
  context.currentTime = 1.00001
  expect(currentFrame(context.asContext())).toBe(RATE)
})
