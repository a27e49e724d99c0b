import { Fragment, type ReactNode } from 'react'

export interface BreadcrumbStep {
  readonly content: ReactNode
  /** The width of the screen from which it is shown; without one it always is. */
  readonly from?: 'sm' | 'lg'
}

const SHOWN = { sm: 'hidden sm:block', lg: 'hidden lg:block' } as const

/** The way from the profile to this page, which is the last step. */
export function Breadcrumb({ steps }: { steps: readonly BreadcrumbStep[] }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-2 text-muted">
        {steps.map(({ content, from }, index) => {
          const isLast = index === steps.length - 1
          const separatorFrom = from ?? steps[index + 1]?.from
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the steps of one page never change places
            <Fragment key={index}>
              <li
                aria-current={isLast ? 'page' : undefined}
                className={`${isLast ? 'font-medium text-text' : ''} ${from ? SHOWN[from] : isLast ? 'truncate' : 'min-w-0'}`}
              >
                {content}
              </li>
              {!isLast && (
                <li aria-hidden="true" className={separatorFrom && SHOWN[separatorFrom]}>
                  /
                </li>
              )}
            </Fragment>
          )
        })}
      </ol>
    </nav>
  )
}
