import { type ReactNode, useId } from 'react'
import type { Limits } from '@/api/generated/types.gen'
import { UploadIcon } from '@/ui/icons'
import { text } from './text'

/** The card that invites files. over: files hang above the page now. children: the choice of a strategy. */
export function DropZone({
  over,
  limits,
  onFiles,
  children,
}: {
  over: boolean
  limits: Limits | undefined
  onFiles: (files: FileList) => void
  children: ReactNode
}) {
  const id = useId()
  return (
    <section
      aria-labelledby={`${id}-heading`}
      className={`flex flex-col gap-5 rounded-2xl border-[1.5px] border-dashed bg-surface p-6 transition-colors md:flex-row md:items-center md:px-7 ${
        over ? 'border-focus bg-raise' : 'border-line'
      }`}
    >
      <div className="flex min-w-0 flex-1 flex-col gap-5 md:flex-row md:items-center">
        <UploadIcon className={`shrink-0 text-[40px] ${over ? 'text-focus' : 'text-muted'}`} />
        <div className="min-w-0">
          <h2 id={`${id}-heading`} className="text-[17px] font-semibold tracking-tight">
            {over ? text.headingOver : text.heading}
          </h2>
          <p className="text-muted">
            {text.or}
            <input
              id={id}
              type="file"
              multiple
              accept="audio/*,video/*"
              className="peer sr-only"
              onChange={(event) => {
                if (event.target.files) onFiles(event.target.files)
                // The same file chosen again must be a change again.
                event.target.value = ''
              }}
            />
            <label
              htmlFor={id}
              className="rounded-sm text-text underline underline-offset-2 peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus"
            >
              {text.choose}
            </label>
            {limits ? text.limits(limits.maxBytes, limits.maxDurationS) : '.'}
          </p>
        </div>
      </div>
      <div className="md:w-[350px] md:shrink-0">{children}</div>
    </section>
  )
}
