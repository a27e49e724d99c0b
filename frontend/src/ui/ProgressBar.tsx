const TONES = { busy: 'bg-focus', good: 'bg-good', bad: 'bg-bad' } as const

/** fraction: 0 to 1. The bar is named by `label` for those who can't see it. */
export function ProgressBar({
  fraction,
  label,
  tone = 'busy',
  className = '',
}: {
  fraction: number
  label: string
  tone?: keyof typeof TONES
  className?: string
}) {
  const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={`h-[5px] overflow-hidden rounded-full bg-line ${className}`}
    >
      <div
        className={`h-full rounded-full transition-[width] duration-300 ease-out ${TONES[tone]}`}
        style={{ width: `${percent}%` }}
      />
    </div>
  )
}
