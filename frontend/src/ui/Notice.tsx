import type { ReactNode } from 'react'
import { WarningIcon } from './icons'

/** A message that stands in for content: nothing here yet, something failed, nothing found. */
export function Notice({
  title,
  children,
  actions,
  icon = <WarningIcon />,
  urgent = false,
  level: Heading = 'h2',
}: {
  title: string
  children?: ReactNode
  actions?: ReactNode
  icon?: ReactNode
  urgent?: boolean
  level?: 'h1' | 'h2'
}) {
  return (
    <div
      role={urgent ? 'alert' : undefined}
      className="grid justify-items-center gap-3 rounded-2xl border border-line bg-surface px-6 py-12 text-center"
    >
      <span className={`text-3xl ${urgent ? 'text-bad' : 'text-faint'}`}>{icon}</span>
      <Heading className="text-[17px] font-semibold tracking-tight">{title}</Heading>
      {children && <div className="max-w-prose text-muted">{children}</div>}
      {actions && <div className="mt-1 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
