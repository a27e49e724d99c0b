import { useId, useState } from 'react'
import type { Job } from '@/api/generated/types.gen'
import { Button, buttonClass } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { DownloadIcon } from '@/ui/icons'
import { stemColour, stemLabel } from '@/ui/stems'
import { formatName, stemAddress, zipAddress } from './downloads'
import { text } from './text'

/** Each stem as a file in the format of one's choice, and all of them as a ZIP. */
export function DownloadStems({
  job,
  title,
  formats,
  onClose,
}: {
  job: Job
  title: string
  formats: readonly string[]
  onClose: () => void
}) {
  const id = useId()
  const [format, setFormat] = useState(formats[0] ?? 'flac')
  return (
    <Dialog title={text.downloadTitle(title)} onClose={onClose}>
      <fieldset className="grid gap-2">
        <legend className="pb-2 text-[13px] text-muted">{text.format}</legend>
        <div className="flex flex-wrap gap-1.5">
          {formats.map((name) => (
            <label
              key={name}
              className="flex h-9 items-center gap-2 rounded-[9px] border border-line px-3 text-[13px] has-checked:bg-raise has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-focus pointer-coarse:h-11"
            >
              <input
                type="radio"
                name={id}
                value={name}
                checked={name === format}
                onChange={() => setFormat(name)}
                className="accent-(--focus)"
              />
              {formatName(name)}
            </label>
          ))}
        </div>
      </fieldset>
      <ul aria-label={text.stemFiles} className="grid gap-0.5">
        {job.stems.map((stem) => (
          <li key={stem}>
            <a
              href={stemAddress(job, stem, format)}
              download=""
              className="flex items-center gap-2.5 rounded-lg px-3 py-2 hover:bg-raise pointer-coarse:py-3"
            >
              <span aria-hidden="true" className="size-2 rounded-full" style={{ background: stemColour(stem) }} />
              <span className="flex-1">{stemLabel(stem)}</span>
              <span className="text-[13px] text-muted">{formatName(format)}</span>
              <DownloadIcon className="text-base text-muted" />
            </a>
          </li>
        ))}
      </ul>
      <form method="dialog" className="flex flex-wrap justify-end gap-2">
        <Button type="submit">{text.close}</Button>
        <a href={zipAddress(job)} download="" className={buttonClass('primary')}>
          {text.allAsZip}
        </a>
      </form>
    </Dialog>
  )
}
