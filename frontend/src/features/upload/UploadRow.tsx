import { Link } from '@tanstack/react-router'
import { Button, buttonClass, IconButton } from '@/ui/Button'
import { CheckIcon, CloseIcon, PauseIcon, PlayIcon, UploadIcon, WarningIcon } from '@/ui/icons'
import { ProgressBar } from '@/ui/ProgressBar'
import { text } from './text'
import type { Upload } from './uploads'

function describeStatus({ state, sentBytes, request, resumed }: Upload): string {
  const { size } = request.file
  if (state === 'paused') return text.paused(sentBytes, size)
  if (state === 'checking') return text.checking
  if (state === 'waiting') return resumed ? text.waitingResumed : text.waiting
  return resumed ? `${text.sending(sentBytes, size)}; ${text.resumed}` : text.sending(sentBytes, size)
}

/** One file on its way, or what became of it: the reason why it never arrived, or the recording it is already. */
export function UploadRow({
  upload,
  onRemove,
  onRetry,
  onPause,
}: {
  upload: Upload
  onRemove: () => void
  /** Goes on with a paused upload, too. */
  onRetry: () => void
  onPause: () => void
}) {
  const { name, size } = upload.request.file
  const { recording } = upload
  const bad = upload.state === 'failed' || upload.state === 'refused'
  const under = !bad && recording === null
  return (
    <li className="grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-4 py-3.5 sm:px-[18px]">
      <span
        className={`grid size-10 place-items-center rounded-full bg-raise text-lg ${bad ? 'text-bad' : 'text-muted'}`}
      >
        {bad ? <WarningIcon /> : under ? <UploadIcon strokeWidth={1.8} /> : <CheckIcon className="text-good" />}
      </span>
      <div className="min-w-0">
        <p className="truncate font-semibold">{name}</p>
        {bad ? (
          <p role="alert" className="text-[13px] text-bad">
            {upload.state === 'failed' ? text.failed : text.refused}: {upload.message}
          </p>
        ) : (
          <p role={under ? undefined : 'status'} className="text-[13px] text-muted">
            {recording ? text.knownAs(recording.title) : describeStatus(upload)}
          </p>
        )}
      </div>
      <div className="flex items-center gap-1">
        {upload.state === 'failed' && <Button onClick={onRetry}>{text.retry}</Button>}
        {upload.state === 'paused' && (
          <IconButton label={text.goOn(name)} onClick={onRetry}>
            <PlayIcon />
          </IconButton>
        )}
        {(upload.state === 'sending' || upload.state === 'waiting') && (
          <IconButton label={text.pause(name)} onClick={onPause}>
            <PauseIcon />
          </IconButton>
        )}
        {recording && (
          <Link
            to="/p/$profileName/recordings/$recordingId"
            params={{ profileName: recording.profile, recordingId: recording.id }}
            className={buttonClass()}
          >
            {text.open}
          </Link>
        )}
        <IconButton label={!under ? text.dismiss(name) : text.cancel(name)} onClick={onRemove}>
          <CloseIcon />
        </IconButton>
      </div>
      {under && (
        <ProgressBar
          className="col-span-2 col-start-2"
          label={text.progress(name)}
          fraction={size === 0 ? 0 : upload.sentBytes / size}
        />
      )}
    </li>
  )
}
