import { describe, expect, it } from 'vitest'
import { FakeContext, fakeNode } from '@/testing/fakeAudio'
import { ChannelStrip } from '../mixer/channelStrip'
import { StemRouter } from './stemRouter'
import type { VoiceTrack } from './voice'

function setUp(count: number) {
  const context = new FakeContext()
  const output = context.createGain() as unknown as AudioNode
  const tracks = Array.from({ length: count }, () => {
    return { strip: new ChannelStrip(context.asContext(), output, 1, 0) } as unknown as VoiceTrack
  })
  const router = new StemRouter(context.asContext(), tracks)
  return { tracks, router, connections: () => fakeNode(router.input).connections }
}

describe('StemRouter', () => {
  it('gives each track its own two channels, left and right', () => {
    const { connections } = setUp(3)
    expect(connections().map(({ output, input }) => [output, input])).toEqual([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 1],
    ])
  })

  it("leads each pair to its track's strip", () => {
    const { tracks, connections } = setUp(2)
    const targets = connections().map(({ target }) => target.connections[0]?.target)
    const [first, second] = tracks.map(({ strip }) => fakeNode(strip.input))
    expect(targets).toEqual([first, first, second, second])
  })

  it('splits into as many channels as it routes', () => {
    expect((setUp(3).router.input as unknown as { outputs: number }).outputs).toBe(6)
  })

  it('disconnects one track and leaves the others', () => {
    const { tracks, router, connections } = setUp(2)
    const [first] = tracks
    if (first) router.remove(first)
    expect(connections().map(({ target }) => target.connections.length)).toEqual([0, 0, 1, 1])
  })

  it('leads nowhere once it is disposed', () => {
    const { router, connections } = setUp(2)
    const pairs = connections().map(({ target }) => target)
    router.dispose()
    expect(connections()).toEqual([])
    expect(pairs.every((pair) => pair.connections.length === 0)).toBe(true)
  })
})
