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

/** The step that a running job is at, from 1; the next one while files are written in between. 0: none begun. */
function currentStep({ nodes }: Job): number {
  if (nodes.every(({ state }) => state === 'waiting')) return 0
  const running = nodes.findIndex(({ state }) => state === 'running')
  if (running >= 0) return running + 1
  const next = nodes.findIndex(({ state }) => state === 'waiting')
  return next >= 0 ? next + 1 : nodes.length
}

/** What a job that is not over does at the moment, in a few words. */
export function activity(job: Job): string {
  if (job.state === 'queued') return text.inLine
  if (currentStep(job) === 0) return text.reading
  if (job.nodes.every(({ state }) => state === 'done')) return text.finishing
  return text.step(currentStep(job), job.nodes.length)
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
      const number = currentStep(job)
      const step = job.nodes[number - 1]
      return step ? text.announceStep(title, step.title, number, job.nodes.length) : text.announceReading(title)
    }
  }
}
