import type { Strategy } from '@/api/generated/types.gen'
import { DownloadIcon } from '@/ui/icons'
import { Listbox } from '@/ui/Listbox'
import { describeNeeds, describeStrategy } from './strategyText'
import { text } from './text'

function NeedsDownload() {
  return (
    <span className="inline-flex items-center gap-1 text-xs text-warn">
      <DownloadIcon />
      {text.needsDownload}
    </span>
  )
}

export function StrategyPicker({
  strategies,
  value,
  onChange,
}: {
  strategies: readonly Strategy[]
  value: string
  onChange: (name: string) => void
}) {
  const chosen = strategies.find(({ name }) => name === value)
  const note = chosen && describeNeeds(chosen)
  return (
    <div className="grid gap-2">
      <Listbox
        label={text.label}
        value={value}
        onChange={onChange}
        options={strategies.map((strategy) => ({
          value: strategy.name,
          label: strategy.name,
          detail: describeStrategy(strategy),
          badge: strategy.ready ? undefined : <NeedsDownload />,
        }))}
      />
      {note && <p className="px-1 text-xs text-muted">{note}</p>}
    </div>
  )
}
