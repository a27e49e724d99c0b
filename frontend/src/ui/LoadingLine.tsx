import type { ReactNode } from 'react'

/** One line in the place of what is on its way; screen readers speak it once nothing else is said. */
export function LoadingLine({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="text-muted">
      {children}
    </p>
  )
}
