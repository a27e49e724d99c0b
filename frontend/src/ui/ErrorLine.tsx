import type { ReactNode } from 'react'

/** One line that says what failed, beside what was tried; screen readers speak it at once. */
export function ErrorLine({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="text-[13px] text-bad">
      {children}
    </p>
  )
}
