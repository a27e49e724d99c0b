import type { Job, JobNode, JobState } from '@/api/generated/types.gen'
import { text } from './text'

export interface Step {
  node: JobNode
  children: Step[]
}

export function isFinal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

/** Builds the tree of the nodes, in the order given. A node whose parent is missing stands at the top. */
export function buildStepTree(nodes: readonly JobNode[]): Step[] {
  const steps = new Map(nodes.map((node) => [node.path, { node, children: [] as Step[] }]))
  const top: Step[] = []
  for (const step of steps.values()) {
    const parent = step.node.parent === null ? undefined : steps.get(step.node.parent)
    if (parent) parent.children.push(step)
    else top.push(step)
  }
  return top
}

/** Returns the newer of two: by the last event if it is one job, else the job created later. */
export function newerJob(a: Job, b: Job): Job {
  if (a.id === b.id) return b.lastEvent >= a.lastEvent ? b : a
  return b.createdAt >= a.createdAt ? b : a
}

/** Returns the number of the step that a running job is at, from 1; the next one while files are written in between. 0: none begun. */
function currentStepNumber({ nodes }: Job): number {
  if (nodes.every(({ state }) => state === 'waiting')) return 0
  const running = nodes.findIndex(({ state }) => state === 'running')
  if (running >= 0) return running + 1
  const next = nodes.findIndex(({ state }) => state === 'waiting')
  return next >= 0 ? next + 1 : nodes.length
}

/** Describes what a job that is not over does at the moment. */
export function describeActivity(job: Job): string {
  if (job.state === 'queued') return text.inLine
  if (currentStepNumber(job) === 0) return text.reading
  if (job.nodes.every(({ state }) => state === 'done')) return text.finishing
  return text.step(currentStepNumber(job), job.nodes.length)
}

/** Says how a job is in one sentence, for screen readers. It changes with the step, not with each percent, so that it can be spoken. */
export function announceJob(job: Job, title: string): string {
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
      const number = currentStepNumber(job)
      const step = job.nodes[number - 1]
      return step ? text.announceStep(title, step.title, number, job.nodes.length) : text.announceReading(title)
    }
  }
}

/** What a job is called: by its strategy, else by its kind. */
export const nameOf = (job: Job): string => job.strategy ?? job.kind

/** The id of the recording that a job is on. The page asks for separations, which have one. */
export function recordingOf(job: Job): string {
  if (job.recordingId === null) throw new Error(`job ${job.id} has no recording`)
  return job.recordingId
}
