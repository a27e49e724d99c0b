import { describe, expect, it } from 'vitest'
import { FakeContext, fakeNode, fakeParam } from '@/testing/fakeAudio'
import { ChannelStrip } from './channelStrip'

function setUp(amplitude = 0.5, pan = -1) {
  const context = new FakeContext()
  const output = context.createGain()
  const strip = new ChannelStrip(context.asContext(), output as unknown as AudioNode, amplitude, pan)
  const panner = fakeNode(strip.input).connections[0]?.target
  return { context, strip, output, panner, pan: (panner as unknown as StereoPannerNode).pan }
}

describe('ChannelStrip', () => {
  it('leads from its gain over its panner to the output', () => {
    const { strip, output } = setUp()
    expect(fakeNode(strip.input).path).toEqual(['gain', 'panner', 'gain'])
    expect(fakeNode(strip.input).connections[0]?.target.connections[0]?.target).toBe(output)
  })

  it('begins at its settings, without a change to be heard', () => {
    const { strip, pan } = setUp(0.5, -1)
    expect(strip.input.gain.value).toBe(0.5)
    expect(pan.value).toBe(-1)
    expect(fakeParam(strip.input.gain).events).toEqual([])
  })

  it('makes two channels of a mono stem before the panner, which would attenuate it', () => {
    const { strip } = setUp()
    expect(strip.input.channelCount).toBe(2)
    expect(strip.input.channelCountMode).toBe('explicit')
  })

  it('moves to other settings from now on, with a time constant of 5 ms', () => {
    const { context, strip, pan } = setUp()
    context.currentTime = 3
    strip.set(0.25, 0.75)
    expect(fakeParam(strip.input.gain).events).toEqual([{ kind: 'target', value: 0.25, time: 3, timeConstant: 0.005 }])
    expect(fakeParam(pan).events).toEqual([{ kind: 'target', value: 0.75, time: 3, timeConstant: 0.005 }])
  })

  it('meters what leaves the panner', () => {
    const { context, strip, panner } = setUp()
    expect(panner?.connections.map(({ target }) => target.kind)).toEqual(['gain', 'splitter'])
    context.analysed.push(Float32Array.of(0.5), Float32Array.of(-0.75))
    expect(strip.meter.read().peak).toBe(0.75)
  })

  it('leads nowhere once it is disposed', () => {
    const { strip, panner } = setUp()
    strip.dispose()
    expect(fakeNode(strip.input).connections).toEqual([])
    expect(panner?.connections).toEqual([])
  })
})
