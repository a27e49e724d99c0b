import { Link } from '@tanstack/react-router'
import { Button } from '@/ui/Button'
import { formatBytes } from '@/ui/format'
import { pins } from './pins'
import { text } from './text'
import { usePins } from './usePins'

/** What is kept on this device, with its size, to open and to remove. */
export function PinList() {
  const list = usePins()
  if (list.length === 0) return <p className="text-[13px] text-muted">{text.none}</p>
  return (
    <ul className="grid gap-1">
      {list.map((pin) => (
        <li key={pin.jobId} className="flex items-center gap-3">
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName: pin.profile, recordingId: pin.recordingId }}
            search={{ job: pin.jobId }}
            className="min-w-0 flex-1 truncate underline underline-offset-2"
          >
            {pin.title}
          </Link>
          <span className="text-[13px] text-muted">{`${pin.strategy} · ${formatBytes(pin.bytes)}`}</span>
          <Button aria-label={text.removeOf(pin.title)} onClick={() => void pins.remove(pin)}>
            {text.removeShort}
          </Button>
        </li>
      ))}
    </ul>
  )
}
