import { describe, expect, it } from 'vitest'
import { aJob, aNode, HEALTH } from '@/testing/data'
import { describeService, describeStanding, fractionDone } from './standing'

describe('standing', () => {
  it('tells the seconds left', () => expect(describeStanding(aJob({ etaS: 38.2 }))).toBe('separating · 38 s left'))
  it('tells longer times roughly', () => expect(describeStanding(aJob({ etaS: 290 }))).toBe('separating · 5 min left'))
  it('never says that no time is left', () => expect(describeStanding(aJob({ etaS: 0 }))).toContain('1 s left'))
  it('says nothing of a time that is not known', () => expect(describeStanding(aJob())).toBe('separating'))

  it('tells the place in the queue', () => {
    expect(describeStanding(aJob({ state: 'queued', queuePosition: 1 }))).toBe('next in the queue')
    expect(describeStanding(aJob({ state: 'queued', queuePosition: 3, etaS: 60 }))).toBe(
      'number 3 in the queue · 1 min left',
    )
  })

  it('knows a queued job without a place', () => {
    expect(describeStanding(aJob({ state: 'queued' }))).toBe('waits for a worker')
  })
})

it('counts a running node as far as it is', () => {
  const nodes = [aNode({ state: 'done', fraction: 1 }), aNode({ state: 'running', fraction: 0.5 }), aNode(), aNode()]
  expect(fractionDone(aJob({ nodes }))).toBe(0.375)
  expect(fractionDone(aJob({ nodes: [] }))).toBe(0)
})

describe('serviceStatus', () => {
  it('is good with a worker and nothing to do', () => {
    expect(describeService(HEALTH)).toEqual({ dot: 'good', words: 'worker ready · queue empty' })
  })

  it('counts what runs and what waits', () => {
    expect(describeService({ ...HEALTH, running: 1, queued: 4 }).words).toBe('worker ready · 1 running, 4 waiting')
    expect(describeService({ ...HEALTH, queued: 4 }).words).toBe('worker ready · 4 waiting')
  })

  it('warns when nobody takes jobs', () => {
    const status = describeService({ ...HEALTH, worker: false, queued: 2, status: 'degraded' })
    expect(status).toEqual({ dot: 'warn', words: 'no worker runs · 2 waiting' })
  })

  it('tells trouble behind the service, and silence', () => {
    expect(describeService({ ...HEALTH, status: 'degraded', database: false }).dot).toBe('bad')
    expect(describeService(null)).toEqual({ dot: 'bad', words: 'server does not answer' })
  })
})
