import type { Model, Strategy } from '@/api/generated/types.gen'
import { Chip } from '@/ui/Chip'
import { ModelFacts } from './ModelFacts'
import { Prepare } from './Prepare'
import { StrategyTree } from './StrategyTree'
import { text } from './text'
import { buildStrategyTree, licencesOf, modelsOf, weightBytes } from './tree'
import { isPreparing } from './useStrategies'

function State({ strategy }: { strategy: Strategy }) {
  if (isPreparing(strategy)) return <Chip dot="busy">{text.preparing(strategy.preparing ?? 0)}</Chip>
  return strategy.ready ? <Chip dot="good">{text.ready}</Chip> : <Chip dot="warn">{text.notReady}</Chip>
}

function describeCost(strategy: Strategy, models: readonly Model[]): string {
  const size = weightBytes(models)
  const licences = licencesOf(models)
  const parts = [
    text.quality[strategy.quality],
    text.time(strategy.estimatedS),
    size > 0 ? text.size(size) : text.noSize,
  ]
  if (licences.length > 0) parts.push(text.licences(licences))
  return parts.join(' · ')
}

/** One strategy: what it does, drawn; how good and how costly it is; and whether it can start at once. */
export function StrategyCard({ strategy, models }: { strategy: Strategy; models: readonly Model[] }) {
  const tree = buildStrategyTree(strategy, models)
  const used = modelsOf(strategy, models)
  return (
    <article
      id={strategy.name}
      aria-labelledby={`${strategy.name}-name`}
      className="grid scroll-mt-4 grid-cols-[minmax(0,1fr)] gap-4 rounded-[14px] border border-line bg-surface p-4 sm:p-5"
    >
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <h2 id={`${strategy.name}-name`} className="text-[17px] font-semibold tracking-tight wrap-anywhere">
            {strategy.name}
          </h2>
          <State strategy={strategy} />
        </div>
        <p className="text-muted">{strategy.summary}</p>
        <p className="text-[13px] text-muted">{describeCost(strategy, used)}</p>
      </div>
      {tree && <StrategyTree name={strategy.name} tree={tree} />}
      <Prepare strategy={strategy} />
      {used.length > 0 && (
        <details className="border-t border-line pt-3">
          <summary className="text-[13px] text-muted hover:text-text">{text.models(used.length)}</summary>
          <ul className="grid gap-5 pt-4">
            {used.map((model) => (
              <ModelFacts key={model.name} model={model} />
            ))}
          </ul>
          <p className="mt-4 text-xs text-faint">{text.sdrNote}</p>
        </details>
      )}
    </article>
  )
}
