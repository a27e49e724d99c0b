import type { ReactNode } from 'react'
import { stemColour, stemLabel } from './stems'

const DOTS = { good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad', busy: 'bg-focus' } as const

/** A small rounded label; the dot repeats in colour what the words say. */
export function Chip({ dot, children }: { dot?: keyof typeof DOTS; children: ReactNode }) {
  return (
    <span className="inline-flex h-[30px] items-center gap-2 rounded-full border border-line px-3 text-[13px] text-muted">
      {dot && <span aria-hidden="true" className={`size-[7px] rounded-full ${DOTS[dot]}`} />}
      {children}
    </span>
  )
}

/** One stem: its colour and its first letter, or the whole name. */
export function StemChip({ name, short = false }: { name: string; short?: boolean | undefined }) {
  const label = stemLabel(name)
  return (
    <span
      title={label}
      className="inline-flex h-[22px] items-center gap-1.5 rounded-full border border-line px-2 text-xs text-muted"
    >
      <span aria-hidden="true" className="size-[7px] rounded-full" style={{ background: stemColour(name) }} />
      {short ? (
        <>
          <span aria-hidden="true">{label.charAt(0)}</span>
          <span className="sr-only">{label}</span>
        </>
      ) : (
        label
      )}
    </span>
  )
}
