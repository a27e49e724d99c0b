import { describe, expect, it } from 'vitest'
import { BLOCK, fakeBuffer, RATE, STREAMINFO } from '@/testing/fakeAudio'
import { flacFormat } from '../flac/flac'
import { Timeline } from '../timeline/timeline'
import { ChunkStore } from './chunks'
import { type PlaybackCourse, Prefetcher } from './prefetcher'
import type { StemStream } from './stemStream'

const FRAMES = 200 * RATE

/** A stem with these seconds of its song decoded. It writes down which blocks it is asked to fetch. */
function stem(decoded: readonly (readonly [number, number])[] = [], state: Partial<StemStream> = {}) {
  const store = new ChunkStore()
  for (const [from, to] of decoded) {
    const span = { from: from * RATE, to: to * RATE }
    store.add({ span, buffer: fakeBuffer(span.from, span.to) })
  }
  const fetched: (readonly number[])[] = []
  const fetch = (cuts: readonly number[]) => fetched.push(cuts)
  const stream = { store, format: flacFormat(STREAMINFO), failure: null, busy: false, fetch, ...state }
  return { stream: stream as unknown as StemStream, fetched, store }
}

const course = (at: number, { playing = true, loop = null as [number, number] | null } = {}): PlaybackCourse => ({
  timeline: new Timeline(0, FRAMES, loop && { from: loop[0] * RATE, to: loop[1] * RATE }),
  at: at * RATE,
  playing,
})

/** The second in which the first chunk begins that a stem was asked to fetch; null when it was asked for nothing. */
const firstSecond = (fetched: readonly (readonly number[])[]) =>
  fetched[0]?.[0] === undefined ? null : (fetched[0][0] * BLOCK) / RATE

describe('what is fetched next', () => {
  it('is the position, while nothing plays, and no more', () => {
    const [empty, ready] = [stem(), stem([[0, 0.5]])]
    const stems = [empty, ready].map(({ stream }) => ({ stream, urgent: true }))
    new Prefetcher(RATE).fetchNext(stems, course(0, { playing: false }))
    expect(empty.fetched[0]?.[0]).toBe(0)
    expect(ready.fetched).toEqual([])
  })

  it('is the first gap ahead of the position', () => {
    const { stream, fetched } = stem([[0, 4]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(1))
    expect(firstSecond(fetched)).toBeCloseTo(4, 0)
  })

  it('is nothing once ten seconds are decoded', () => {
    const { stream, fetched } = stem([[0, 12]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(1))
    expect(fetched).toEqual([])
  })

  it('is nothing for a stem that is busy, failed, or no FLAC', () => {
    const stems = [stem([], { busy: true }), stem([], { failure: 'missing' }), stem([], { format: null })]
    new Prefetcher(RATE).fetchNext(
      stems.map(({ stream }) => ({ stream, urgent: true })),
      course(0),
    )
    expect(stems.map(({ fetched }) => fetched)).toEqual([[], [], []])
  })

  it('stops at what is decoded already', () => {
    const { stream, fetched } = stem([
      [0, 3],
      [4, 12],
    ])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(0))
    expect(firstSecond(fetched)).toBeCloseTo(3, 0)
    expect(((fetched[0]?.at(-1) ?? 0) * BLOCK) / RATE).toBeLessThan(4.1)
  })
})

describe('muted stems', () => {
  it('wait until the audible ones have two seconds', () => {
    const [audible, muted] = [stem([[0, 1]]), stem()]
    const stems = [
      { stream: audible.stream, urgent: true },
      { stream: muted.stream, urgent: false },
    ]
    new Prefetcher(RATE).fetchNext(stems, course(0))
    expect(muted.fetched).toEqual([])
    audible.store.add({ span: { from: RATE, to: 3 * RATE }, buffer: fakeBuffer(RATE, 3 * RATE) })
    new Prefetcher(RATE).fetchNext(stems, course(0))
    expect(muted.fetched).toHaveLength(1)
  })

  it('do not wait for an audible one that has failed', () => {
    const [broken, muted] = [stem([], { failure: 'network' }), stem()]
    const stems = [
      { stream: broken.stream, urgent: true },
      { stream: muted.stream, urgent: false },
    ]
    new Prefetcher(RATE).fetchNext(stems, course(0))
    expect(muted.fetched).toHaveLength(1)
  })
})

describe('a loop', () => {
  it('has its start fetched before what is further ahead than two seconds', () => {
    const { stream, fetched } = stem([[18, 20.5]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(18, { loop: [10, 100] }))
    expect(firstSecond(fetched)).toBeCloseTo(10, 0)
  })

  it('keeps its start in memory, however long ago it was played', () => {
    // 26 MB are 73 s of a stereo stem: these are more, and only what is in use may stay.
    const { stream, store } = stem([
      [10, 11],
      [11, 60],
      [60, 99],
    ])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(70, { loop: [10, 100] }))
    expect(store.chunkAt(10 * RATE)).toBeDefined()
    expect(store.chunkAt(30 * RATE)).toBeUndefined()
    expect(store.chunkAt(70 * RATE)).toBeDefined()
  })
})

describe('memory', () => {
  it('gives up what was played longest ago once it is used up', () => {
    const { stream, store } = stem([
      [0, 40],
      [40, 80],
    ])
    const prefetcher = new Prefetcher(RATE)
    prefetcher.fetchNext([{ stream, urgent: true }], course(50))
    expect(store.chunkAt(0)).toBeUndefined()
    expect(store.chunkAt(50 * RATE)).toBeDefined()
  })

  it('keeps everything while there is room', () => {
    const { stream, store } = stem([
      [0, 20],
      [20, 40],
    ])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(30))
    expect(store.chunkAt(0)).toBeDefined()
  })

  it('lets many stems decode less far ahead, but at least four seconds', () => {
    const stems = Array.from({ length: 16 }, () => stem([[0, 5]]))
    new Prefetcher(RATE).fetchNext(
      stems.map(({ stream }) => ({ stream, urgent: true })),
      course(0),
    )
    expect(stems.every(({ fetched }) => fetched.length === 0)).toBe(true)
    const few = stem([[0, 5]])
    new Prefetcher(RATE).fetchNext([{ stream: few.stream, urgent: true }], course(0))
    expect(few.fetched).toHaveLength(1)
  })
})

it('more stems than a browser has connections fetch single chunks near the position', () => {
  const stems = Array.from({ length: 7 }, () => stem([[0, 0.5]]))
  new Prefetcher(RATE).fetchNext(
    stems.map(({ stream }) => ({ stream, urgent: true })),
    course(0),
  )
  expect(stems.map(({ fetched }) => fetched[0]?.length)).toEqual(Array.from({ length: 7 }, () => 2))
})

describe('the end of the song', () => {
  it('is as far as anything is fetched', () => {
    const { stream, fetched } = stem([[190, 198]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(192))
    expect(firstSecond(fetched)).toBeCloseTo(198, 0)
    expect(fetched[0]?.at(-1)).toBe(Math.ceil(FRAMES / BLOCK))
  })

  it('needs nothing when it is decoded, and nothing when the position rests on it', () => {
    const { stream, fetched } = stem([[190, 200]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(195))
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(200, { playing: false }))
    expect(fetched).toEqual([])
  })
})

describe('what a loop leaves out', () => {
  it('is not fetched: the sound behind its end', () => {
    const { stream, fetched } = stem([[10, 14]])
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(12, { loop: [10, 15] }))
    expect(firstSecond(fetched)).toBeCloseTo(14, 0)
    expect(((fetched[0]?.at(-1) ?? 0) * BLOCK) / RATE).toBeLessThan(15.1)
  })

  it('is fetched by a position behind the loop, which goes on to the end', () => {
    const { stream, fetched } = stem([[20, 22]])
    const timeline = new Timeline(20 * RATE, FRAMES, { from: 10 * RATE, to: 15 * RATE })
    new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], { timeline, at: 0, playing: true })
    expect(firstSecond(fetched)).toBeCloseTo(22, 0)
  })
})

describe('the order among stems', () => {
  it('is that in which they are given: the first gap of each, all at once', () => {
    const stems = [stem([[0, 3]]), stem(), stem([[0, 1]])]
    new Prefetcher(RATE).fetchNext(
      stems.map(({ stream }) => ({ stream, urgent: true })),
      course(0),
    )
    expect(stems.map(({ fetched }) => Math.round(firstSecond(fetched) ?? -1))).toEqual([3, 0, 1])
  })

  it('lets a muted stem wait for each of the audible ones', () => {
    const [ready, behind, muted] = [stem([[0, 5]]), stem([[0, 1]]), stem()]
    const given = [
      { stream: ready.stream, urgent: true },
      { stream: behind.stream, urgent: true },
      { stream: muted.stream, urgent: false },
    ]
    new Prefetcher(RATE).fetchNext(given, course(0))
    expect([behind.fetched.length, muted.fetched.length]).toEqual([1, 0])
  })
})

it('the sound of the last two seconds is kept for a step back', () => {
  const { stream, store } = stem([
    [0, 40],
    [46, 49],
    [49, 90],
  ])
  new Prefetcher(RATE).fetchNext([{ stream, urgent: true }], course(50))
  expect(store.chunkAt(0)).toBeUndefined()
  expect(store.chunkAt(48.5 * RATE)).toBeDefined()
})
