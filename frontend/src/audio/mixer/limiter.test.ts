import { describe, expect, it } from 'vitest'
import { FakeContext, type FakeNode } from '@/testing/fakeAudio'
import { connectLimiter } from './limiter'

function setUp() {
  const context = new FakeContext()
  const input = context.createGain()
  const output = context.createGain()
  const limiter = connectLimiter(context.asContext(), input as unknown as AudioNode, output as unknown as AudioNode)
  const compressor = input.connections[0]?.target as FakeNode
  const makeup = compressor.connections[0]?.target as FakeNode
  return { input, output, limiter, compressor, makeup }
}

describe('connectLimiter', () => {
  it('leads from the input over compressor and make-up gain to the output', () => {
    const { input, output, makeup } = setUp()
    expect(input.path).toEqual(['gain', 'compressor', 'gain', 'gain'])
    expect(makeup.connections[0]?.target).toBe(output)
  })

  it('lets a twentieth through of what exceeds -3 dB, at once and without a knee', () => {
    const { threshold, ratio, knee, attack } = setUp().compressor as unknown as DynamicsCompressorNode
    expect(threshold.value).toBe(-3)
    expect(ratio.value).toBe(20)
    expect(knee.value).toBe(0)
    expect(attack.value).toBe(0)
  })

  it("undoes the compressor's own make-up gain, so that quiet sound stays as loud as it was", () => {
    // Full scale comes out at -3 dB + 3 dB / 20 = -2.85 dB; the specification makes up for 0.6 of that, in dB.
    const { gain } = setUp().makeup as unknown as GainNode
    expect(20 * Math.log10(gain.value)).toBeCloseTo(-2.85 * 0.6, 6)
  })

  it('leads nowhere once it is disposed', () => {
    const { limiter, compressor, makeup } = setUp()
    limiter.dispose()
    expect(compressor.connections).toEqual([])
    expect(makeup.connections).toEqual([])
  })
})
