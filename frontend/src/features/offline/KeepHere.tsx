import { useRef, useState } from 'react'
import type { PlayerData } from '@/api/generated'
import { Button } from '@/ui/Button'
import { formatBytes, formatPercent } from '@/ui/format'
import { bytesOf, canPin, pins } from './pins'
import { text } from './text'
import { usePins } from './usePins'

/** Keeps a recording on this device, or gives its room back. */
export function KeepHere({ data }: { data: PlayerData }) {
  const pin = usePins().find(({ jobId }) => jobId === data.jobId)
  const running = useRef<AbortController | null>(null)
  const [fraction, setFraction] = useState<number | null>(null)
  const [failed, setFailed] = useState(false)
  if (!canPin()) return null
  const keep = async () => {
    const controller = new AbortController()
    running.current = controller
    setFailed(false)
    setFraction(0)
    try {
      await pins.add(data, setFraction, controller.signal)
    } catch {
      setFailed(!controller.signal.aborted)
    }
    setFraction(null)
  }
  return (
    <div className="flex flex-wrap items-center gap-2 border-t border-line pt-4 text-[13px]">
      {fraction !== null ? (
        <>
          <span role="status" className="flex-1">
            {text.keeping(formatPercent(fraction))}
          </span>
          <Button onClick={() => running.current?.abort()}>{text.cancel}</Button>
        </>
      ) : pin ? (
        <>
          <span role="status" className="flex-1">
            {text.kept(formatBytes(pin.bytes))}
          </span>
          <Button onClick={() => void pins.remove(pin)}>{text.remove}</Button>
        </>
      ) : (
        <Button onClick={() => void keep()}>{text.keep(formatBytes(bytesOf(data)))}</Button>
      )}
      {failed && (
        <p role="alert" className="text-bad">
          {text.failed}
        </p>
      )}
    </div>
  )
}
