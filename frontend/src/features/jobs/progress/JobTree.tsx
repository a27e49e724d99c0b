import type { Job, JobNode } from '@/api/generated/types.gen'
import { formatPercent, formatTimeTaken } from '@/ui/format'
import { CheckIcon, CloseIcon, HalfRingIcon, RingIcon } from '@/ui/icons'
import { ProgressBar } from '@/ui/ProgressBar'
import { buildStepTree, describeActivity, type Step } from '../jobs'
import { text } from '../text'

const MARKS = {
  waiting: <RingIcon className="text-faint" />,
  running: <HalfRingIcon className="text-focus" />,
  done: <CheckIcon className="text-good" />,
  failed: <CloseIcon className="text-bad" />,
} as const

function describeStatus(node: JobNode): string {
  switch (node.state) {
    case 'waiting':
      return text.waiting
    case 'running':
      return formatPercent(node.fraction)
    case 'failed':
      return text.nodeFailed
    case 'done':
      return node.cached || node.seconds === null ? text.cached : formatTimeTaken(node.seconds)
  }
}

function Branch({ step }: { step: Step }) {
  const { node, children } = step
  return (
    <li className="grid gap-2">
      <div className="grid grid-cols-[18px_minmax(0,1fr)_auto] items-center gap-x-3 sm:grid-cols-[18px_minmax(0,250px)_minmax(0,1fr)_74px]">
        <span className="text-base">{MARKS[node.state]}</span>
        <span
          title={node.model}
          className={`truncate ${node.state === 'waiting' ? 'text-muted' : 'font-medium text-text'}`}
        >
          {node.title}
        </span>
        <ProgressBar
          className="order-last col-span-2 col-start-2 mt-1.5 sm:order-none sm:col-auto sm:mt-0"
          label={text.progress(node.title)}
          fraction={node.state === 'done' ? 1 : node.fraction}
          tone={node.state === 'done' ? 'good' : node.state === 'failed' ? 'bad' : 'busy'}
        />
        <span className="text-right font-mono text-xs text-muted">{describeStatus(node)}</span>
      </div>
      {children.length > 0 && <Steps steps={children} nested />}
    </li>
  )
}

function Steps({ steps, nested = false, label }: { steps: readonly Step[]; nested?: boolean; label?: string }) {
  return (
    <ul aria-label={label} className={`grid gap-2 ${nested ? 'pl-[22px]' : ''}`}>
      {steps.map((step) => (
        <Branch key={step.node.path} step={step} />
      ))}
    </ul>
  )
}

/** What a job does, node by node, drawn as the strategy's tree. title: the recording's. */
export function JobTree({ job, title }: { job: Job; title: string }) {
  return (
    <div className="grid gap-2.5 text-[13px]">
      <p className="text-muted">{describeActivity(job)}</p>
      <Steps steps={buildStepTree(job.nodes)} label={text.tree(title)} />
    </div>
  )
}
