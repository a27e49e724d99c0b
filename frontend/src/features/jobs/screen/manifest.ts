import type { Manifest, NodeRecord } from '@/api/generated/types.gen'
import { formatTimeTaken } from '@/ui/format'
import { text } from './text'

const INDENT_PX = 20

/** `root/not_vocals` stands one step to the right of `root`. */
export function indentationOf({ path }: NodeRecord): number {
  return (path.split('/').length - 1) * INDENT_PX
}

/** The time a node took, or why it took none. */
export function describeResult({ state, cached, seconds }: NodeRecord): string {
  if (state === 'not_run') return text.notRun
  if (state === 'failed') return text.stepFailed
  return cached ? text.fromCache : formatTimeTaken(seconds)
}

/** Seconds of computing in all nodes that really ran. */
export function totalSeconds({ nodes }: Manifest): number {
  return nodes.reduce((sum, { seconds, cached }) => (cached ? sum : sum + seconds), 0)
}
