import { useState } from 'react'
import type { Job } from '@/api/generated/types.gen'
import { Button, buttonClass } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { DownloadIcon } from '@/ui/icons'
import { RadioGroup } from '@/ui/RadioGroup'
import { stemColour, stemLabel } from '@/ui/stems'
import { formatName, stemAddress, zipAddress } from './downloads'
import { text } from './text'

interface DownloadStemsProps {
  job: Job
  title: string
  formats: readonly string[]
  onClose: () => void
}

/** Each stem as a file in the format of one's choice, and all of them as a ZIP. */
export function DownloadStems({ job, title, formats, onClose }: DownloadStemsProps) {
  const [format, setFormat] = useState(formats[0] ?? 'flac')
  return (
    <Dialog title={text.downloadTitle(title)} onClose={onClose}>
      <RadioGroup
        legend={text.format}
        options={formats.map((name) => ({ value: name, label: formatName(name) }))}
        value={format}
        onChange={setFormat}
      />
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
