import { describe, expect, it } from 'vitest'
import type { NodeRecord } from '@/api/generated/types.gen'
import { aManifest } from '@/testing/data'
import { describeResult, indentationOf, totalSeconds } from './manifest'

const [NODE] = aManifest().nodes as [NodeRecord]
const node = (change: Partial<NodeRecord>): NodeRecord => ({ ...NODE, ...change })

describe('a node of a manifest', () => {
  it('stands to the right of its parent', () => {
    expect(indentationOf(node({ path: 'root' }))).toBe(0)
    expect(indentationOf(node({ path: 'root/not_vocals/drums' }))).toBe(40)
  })

  it.each([
    [{ seconds: 24.13 }, '24.1 s'],
    [{ seconds: 95 }, '1:35'],
    [{ cached: true, seconds: 0 }, 'from cache'],
    [{ state: 'failed', seconds: 3 }, 'failed'],
    [{ state: 'not_run', seconds: 0 }, 'not run'],
  ] as const)('%o says %s', (change, words) => {
    expect(describeResult(node(change))).toBe(words)
  })
})

it('the time of computing leaves out what came from the cache', () => {
  const nodes = [node({ seconds: 2 }), node({ seconds: 3.5 }), node({ seconds: 60, cached: true })]
  expect(totalSeconds(aManifest({ nodes }))).toBe(5.5)
})
