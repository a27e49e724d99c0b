import { describe, expect, it } from 'vitest'
import { FakeContext } from '@/testing/fakeAudio'
import { Meter } from './meter'

const WINDOW = 2048

function setUp(left: Float32Array, right: Float32Array) {
  const context = new FakeContext()
  const input = context.createGain()
  const meter = new Meter(context.asContext(), input as unknown as AudioNode)
  context.analysed.push(left, right)
  return { context, input, meter }
}

const constant = (value: number) => new Float32Array(WINDOW).fill(value)
const sine = (amplitude: number) =>
  Float32Array.from({ length: WINDOW }, (_, n) => amplitude * Math.sin((2 * Math.PI * 16 * n) / WINDOW))

describe('Meter', () => {
  it('shows silence as zero', () => {
    expect(setUp(constant(0), constant(0)).meter.read()).toEqual({ peak: 0, rms: 0, clipped: false })
  })

  it('shows the peak of either sign and either side', () => {
    expect(setUp(constant(0.25), constant(-0.5)).meter.read().peak).toBe(0.5)
  })

  it('shows the RMS of the louder side: a sine has its amplitude over the square root of two', () => {
    const { rms } = setUp(sine(0.1), sine(0.8)).meter.read()
    expect(rms).toBeCloseTo(0.8 / Math.SQRT2, 6)
  })

  it('remembers that full scale was exceeded until it is cleared', () => {
    const { context, meter } = setUp(constant(1.01), constant(0))
    expect(meter.read().clipped).toBe(true)
    context.analysed[0] = constant(0.1)
    expect(meter.read().clipped).toBe(true)
    meter.clear()
    expect(meter.read().clipped).toBe(false)
  })

  it('takes full scale itself for no clip', () => {
    expect(setUp(constant(1), constant(-1)).meter.read().clipped).toBe(false)
  })

  it('hears each side by itself, over windows longer than an animation frame', () => {
    const { context } = setUp(constant(0), constant(0))
    const splitter = context.created.find(({ kind }) => kind === 'splitter')
    expect(splitter?.connections.map(({ target, output }) => [target.kind, output])).toEqual([
      ['analyser', 0],
      ['analyser', 1],
    ])
    const analysers = context.created.filter(({ kind }) => kind === 'analyser') as unknown as AnalyserNode[]
    expect(analysers.map(({ fftSize }) => fftSize)).toEqual([WINDOW, WINDOW])
  })

  it('hears nothing once it is disposed', () => {
    const { context, meter } = setUp(constant(0), constant(0))
    meter.dispose()
    expect(context.created.find(({ kind }) => kind === 'splitter')?.connections).toEqual([])
  })
})
