import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext } from '@/testing/fakeAudio'
import { Stretcher } from './stretcher'

const createStretch = vi.hoisted(() => vi.fn())
vi.mock('signalsmith-stretch', () => ({ default: createStretch }))
vi.mock('signalsmith-stretch?url', () => ({ default: '/worklet.js' }))

const node = () => ({ dropBuffers: vi.fn(async () => undefined) })

beforeEach(() => {
  createStretch.mockReset()
  createStretch.mockImplementation(async () => node())
})

const stretcher = () => new Stretcher(new FakeContext().asContext())

describe('Stretcher', () => {
  it('has no node until one is prepared', async () => {
    const one = stretcher()
    expect(one.isReady(4)).toBe(false)
    expect(one.acquire(4)).toBeNull()
    await one.prepare(4)
    expect(one.isReady(4)).toBe(true)
    expect(one.acquire(4)).not.toBeNull()
  })

  it('makes nodes for so many channels and no others', async () => {
    const one = stretcher()
    await one.prepare(4)
    expect(one.isReady(2)).toBe(false)
    expect(createStretch.mock.calls[0]?.[1]).toMatchObject({ numberOfOutputs: 1, outputChannelCount: [4] })
  })

  it('loads the worklet from a file of its own, which minifying leaves whole', async () => {
    await stretcher().prepare(2)
    expect(createStretch).toHaveProperty('moduleUrl', '/worklet.js')
  })

  it('prepares one node for several that ask at once', async () => {
    const one = stretcher()
    await Promise.all([one.prepare(2), one.prepare(2)])
    await one.prepare(2)
    expect(createStretch).toHaveBeenCalledTimes(1)
  })

  it('gives a node to one voice at a time, and again after it was released', async () => {
    const one = stretcher()
    await one.prepare(2)
    const first = one.acquire(2)
    expect(one.acquire(2)).toBeNull()
    if (first) one.release(2, first)
    expect(first?.dropBuffers).toHaveBeenCalledWith()
    expect(one.acquire(2)).toBe(first)
  })

  it('rejects when the worklet cannot be loaded, and tries again when asked again', async () => {
    const one = stretcher()
    createStretch.mockRejectedValueOnce(new DOMException('', 'AbortError'))
    await expect(one.prepare(2)).rejects.toThrow(DOMException)
    await one.prepare(2)
    expect(one.isReady(2)).toBe(true)
  })
})
