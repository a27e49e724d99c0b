import { Link } from '@tanstack/react-router'
import { Button, buttonClass, IconButton } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
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

interface UploadRowProps {
  upload: Upload
  onRemove: () => void
  /** Goes on with a paused upload, too. */
  onRetry: () => void
  onPause: () => void
}

/** One file on its way, or what became of it: the reason why it never arrived, or the recording it is already. */
export function UploadRow(props: UploadRowProps) {
  const { upload } = props
  const { name, size } = upload.request.file
  const failed = upload.state === 'failed' || upload.state === 'refused'
  const underWay = !failed && upload.recording === null
  return (
    <li className="grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-4 py-3.5 sm:px-[18px]">
      <span
        className={`grid size-10 place-items-center rounded-full bg-raise text-lg ${failed ? 'text-bad' : 'text-muted'}`}
      >
        {failed ? <WarningIcon /> : underWay ? <UploadIcon strokeWidth={1.8} /> : <CheckIcon className="text-good" />}
      </span>
      <div className="min-w-0">
        <p className="truncate font-semibold">{name}</p>
        <Outcome upload={upload} />
      </div>
      <Controls {...props} underWay={underWay} />
      {underWay && (
        <ProgressBar
          className="col-span-2 col-start-2"
          label={text.progress(name)}
          fraction={size === 0 ? 0 : upload.sentBytes / size}
        />
      )}
    </li>
  )
}

function Outcome({ upload }: { upload: Upload }) {
  const { state, message, recording } = upload
  if (state === 'failed' || state === 'refused') {
    return (
      <ErrorLine>
        {state === 'failed' ? text.failed : text.refused}: {message}
      </ErrorLine>
    )
  }
  return (
    <p role={recording ? 'status' : undefined} className="text-[13px] text-muted">
      {recording ? text.knownAs(recording.title) : describeStatus(upload)}
    </p>
  )
}

function Controls({ upload, underWay, onRemove, onRetry, onPause }: UploadRowProps & { underWay: boolean }) {
  const { name } = upload.request.file
  const { state, recording } = upload
  return (
    <div className="flex items-center gap-1">
      {state === 'failed' && <Button onClick={onRetry}>{text.retry}</Button>}
      {state === 'paused' && (
        <IconButton label={text.goOn(name)} onClick={onRetry}>
          <PlayIcon />
        </IconButton>
      )}
      {(state === 'sending' || state === 'waiting') && (
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
      <IconButton label={underWay ? text.cancel(name) : text.dismiss(name)} onClick={onRemove}>
        <CloseIcon />
      </IconButton>
    </div>
  )
}
