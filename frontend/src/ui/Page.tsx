import { type ReactNode, useId } from 'react'
import { AppHeader } from './AppHeader'

/** A page of text and figures: the header, its crumb, and a column. title: of the browser's tab. */
export function Page({ title, crumb, children }: { title: string; crumb?: ReactNode; children: ReactNode }) {
  return (
    <>
      <title>{title}</title>
      <AppHeader>{crumb}</AppHeader>
      <main id="content" className="mx-auto grid w-full max-w-[1120px] content-start gap-6 px-4 py-7 sm:px-6">
        {children}
      </main>
    </>
  )
}

/** A titled card within a page. */
export function Section({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="grid grid-cols-[minmax(0,1fr)] content-start gap-4 rounded-[14px] border border-line bg-surface p-4 sm:p-5"
    >
      <div>
        <h2 id={id} className="text-[15px] font-semibold tracking-tight">
          {title}
        </h2>
        {note && <p className="text-[13px] text-muted">{note}</p>}
      </div>
      {children}
    </section>
  )
}
