import { describe, expect, it } from 'vitest'
import { aJob, aNode } from '@/testing/data'
import { announceJob, buildStepTree, describeActivity, newerJob } from './jobs'

const NODES = [
  aNode({ path: 'root', state: 'done' }),
  aNode({ path: 'root/not_drums', parent: 'root', title: 'Low end', state: 'running' }),
  aNode({ path: 'root/not_drums/not_bass', parent: 'root/not_drums' }),
]

describe('stepTree', () => {
  it('nests each node below its parent', () => {
    const [root, ...others] = buildStepTree(NODES)
    expect(others).toEqual([])
    expect(root?.children[0]?.node.path).toBe('root/not_drums')
    expect(root?.children[0]?.children[0]?.node.path).toBe('root/not_drums/not_bass')
  })

  it('shows a node without its parent at the top', () => {
    expect(buildStepTree(NODES.slice(1)).map(({ node }) => node.path)).toEqual(['root/not_drums'])
  })
})

describe('newer', () => {
  it('takes the later event of the same job, in whatever order they come', () => {
    const [early, late] = [aJob({ lastEvent: 3 }), aJob({ lastEvent: 7 })]
    expect(newerJob(early, late)).toBe(late)
    expect(newerJob(late, early)).toBe(late)
  })

  it('takes the job that was created later', () => {
    const [first, second] = [aJob({ lastEvent: 50 }), aJob({ id: 'job-2', createdAt: '2026-11-20T17:05:00Z' })]
    expect(newerJob(first, second)).toBe(second)
    expect(newerJob(second, first)).toBe(second)
  })
})

describe('activity', () => {
  it('says that the song is read before the first node', () =>
    expect(describeActivity(aJob())).toBe('Reading the song…'))
  it('counts the steps', () => expect(describeActivity(aJob({ nodes: NODES }))).toBe('Step 2 of 3'))

  it('is at the next step while a stem is written in between', () => {
    const nodes = NODES.map((node) => (node.state === 'running' ? { ...node, state: 'done' as const } : node))
    expect(describeActivity(aJob({ nodes }))).toBe('Step 3 of 3')
  })

  it('says that files are written after the last node', () => {
    expect(describeActivity(aJob({ nodes: [aNode({ state: 'done' })] }))).toBe('Writing the last files…')
  })
})

describe('announcement', () => {
  it('names the step and its number', () => {
    expect(announceJob(aJob({ nodes: NODES }), 'Lithium')).toBe('Separating Lithium: step 2 of 3, Low end.')
  })

  it('does not change with each percent', () => {
    const at = (fraction: number) => announceJob(aJob({ nodes: [aNode({ state: 'running', fraction })] }), 'Lithium')
    expect(at(0.1)).toBe(at(0.9))
  })

  it('tells why a job failed', () => {
    const failure = { kind: 'audio', message: 'It is cut off.', node: null, fallback: null }
    expect(announceJob(aJob({ state: 'failed', failure }), 'Lithium')).toContain('It is cut off.')
  })
})
