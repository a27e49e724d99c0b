import { describe, expect, it } from 'vitest'
import { FakeContext, type FakeNode, fakeNode, fakeParam } from '@/testing/fakeAudio'
import { MasterBus } from './masterBus'

function setUp(gain = 0, limiter = false) {
  const context = new FakeContext()
  const bus = new MasterBus(context.asContext(), gain, limiter)
  const [master] = context.created as [FakeNode]
  return { context, bus, master, fader: fakeParam((master as unknown as GainNode).gain) }
}

describe('MasterBus', () => {
  it('leads from the master fader to the loudspeaker', () => {
    expect(setUp().master.path).toEqual(['gain', 'gain', 'destination'])
  })

  it('begins at its gain: -6 dB is half the amplitude', () => {
    expect(setUp(-6).fader.value).toBeCloseTo(0.501, 3)
    expect(setUp(Number.NEGATIVE_INFINITY).fader.value).toBe(0)
  })

  it('moves its fader smoothly', () => {
    const { context, bus, fader } = setUp()
    context.currentTime = 2
    bus.setMaster(-20)
    expect(fader.events).toEqual([{ kind: 'target', value: 0.1, time: 2, timeConstant: 0.005 }])
  })

  it('puts the limiter between fader and loudspeaker, and takes it out again', () => {
    const { bus, master } = setUp()
    bus.setLimiter(true)
    expect(master.path).toEqual(['gain', 'compressor', 'gain', 'gain', 'destination'])
    expect(master.connections).toHaveLength(1)
    bus.setLimiter(false)
    expect(master.path).toEqual(['gain', 'gain', 'destination'])
    expect(master.connections).toHaveLength(1)
  })

  it('leaves a limiter that is on already as it is', () => {
    const { context, bus } = setUp(0, true)
    const before = context.created.length
    bus.setLimiter(true)
    expect(context.created).toHaveLength(before)
  })

  it('connects the strips that it makes to its sum', () => {
    const { bus, master } = setUp()
    const strip = bus.createStrip(0.5, 0.25)
    expect(strip.input.gain.value).toBe(0.5)
    expect(fakeNode(strip.input).connections[0]?.target.connections[0]?.target).toBe(master)
  })

  it('meters what leaves it', () => {
    const { context, bus } = setUp()
    context.analysed.push(Float32Array.of(1.5), Float32Array.of(0))
    expect(bus.meter.read()).toMatchObject({ peak: 1.5, clipped: true })
  })

  it('is cut off from the loudspeaker once it is disposed', () => {
    const { bus, master } = setUp(0, true)
    const end = master.connections[0]?.target.connections[0]?.target.connections[0]?.target
    bus.dispose()
    expect(master.connections).toEqual([])
    expect(end?.connections).toEqual([])
  })
})
