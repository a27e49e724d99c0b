import type { Job, JobNode, JobState } from '@/api/generated/types.gen'
import { text } from './text'

export interface Step {
  node: JobNode
  children: Step[]
}

export function isFinal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

/** The nodes as the tree they are, in the order given. A node whose parent is missing stands at the top. */
export function stepTree(nodes: readonly JobNode[]): Step[] {
  const steps = new Map(nodes.map((node) => [node.path, { node, children: [] as Step[] }]))
  const top: Step[] = []
  for (const step of steps.values()) {
    const parent = step.node.parent === null ? undefined : steps.get(step.node.parent)
    if (parent) parent.children.push(step)
    else top.push(step)
  }
  return top
}

/** Which of two states of things is newer: the later event of one job, or the job created later. */
export function newer(a: Job, b: Job): Job {
  if (a.id === b.id) return b.lastEvent >= a.lastEvent ? b : a
  return b.createdAt >= a.createdAt ? b : a
}

/** What a job does at the moment when no node runs: it reads the song, waits, or writes. Null: a node runs. */
export function betweenSteps(job: Job): string | null {
  if (job.state === 'queued') return text.inLine
  if (job.state !== 'running' || job.nodes.some(({ state }) => state === 'running')) return null
  if (job.nodes.every(({ state }) => state === 'waiting')) return text.decoding
  return job.nodes.every(({ state }) => state === 'done') ? text.finishing : null
}

/** One sentence for screen readers. It changes with the step, not with each percent, so that it can be spoken. */
export function announcement(job: Job, title: string): string {
  switch (job.state) {
    case 'queued':
      return text.announceQueued(title)
    case 'succeeded':
      return text.announceDone(title)
    case 'cancelled':
      return text.announceCancelled(title)
    case 'failed':
      return text.announceFailed(title, job.failure?.message ?? '')
    case 'running': {
      const index = job.nodes.findIndex(({ state }) => state === 'running')
      const step = job.nodes[index]
      return step ? text.announceStep(title, step.title, index + 1, job.nodes.length) : text.announceReading(title)
    }
  }
}
