import { type ReactNode, useState } from 'react'
import type { PlayerData } from '@/api/generated'
import type { Span } from '@/audio'
import { KeepHere } from '@/features/offline'
import { Button, buttonClass } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { bytes, percent } from '@/ui/format'
import { shortTime } from '../format'
import { channelsOf } from '../state/mix'
import { type PlayerSession, stemSources, useMixEditor } from '../state/playerSession'
import { Choice } from './Choice'
import { FORMATS, fileName, MIX_FORMATS, type MixFormat } from './formats'
import { text } from './text'
import { type ExportState, useExport } from './useExport'

interface ExportDialogProps {
  session: PlayerSession
  data: PlayerData
  title: string
  /** The range that a clip is. */
  clip: Span | null
  /** Whether the files of the job itself can be had, too. */
  editable: boolean
  onClose: () => void
}

type Kind = keyof typeof text.kinds

/** The mix as a file, made in the browser; or the stems as the service has them. */
export function ExportDialog({ session, data, title, clip, editable, onClose }: ExportDialogProps) {
  const { mix } = useMixEditor(session.editor)
  const { state, start, cancel } = useExport()
  const [kind, setKind] = useState<Kind>('mix')
  const [format, setFormat] = useState<MixFormat>('wav')
  const [onlyLoop, setOnlyLoop] = useState(false)
  const kinds = (Object.keys(text.kinds) as Kind[]).filter((name) => name === 'mix' || editable)
  const whole = clip ?? { from: 0, to: data.frames }
  const loop = clip ? null : mix.loop
  const at = (frame: number) => shortTime(frame / data.sampleRate)
  const running = state.kind === 'running'
  const begin = () => {
    const { sampleRate, frames, stems } = data
    const sources = stemSources(data)
    const strips = channelsOf(
      mix,
      stems.map(({ name }) => name),
    )
    const span = loop && onlyLoop ? { from: loop.from, to: loop.to } : whole
    const { master, limiter, tempo, pitch } = mix
    const name = fileName([title, loop && onlyLoop ? at(loop.from).replace(':', '.') : ''], FORMATS[format].extension)
    void start({ sampleRate, frames, sources, mix: strips, master, limiter, tempo, pitch, span }, format, name)
  }
  return (
    <Dialog title={text.title} onClose={onClose}>
      {kinds.length > 1 && (
        <Choice legend={text.what} disabled={running} value={kind} onChange={setKind} stacked>
          {kinds.map((name) => ({ value: name, label: text.kinds[name][0], hint: text.kinds[name][1] }))}
        </Choice>
      )}
      {kind === 'mix' ? (
        <>
          {loop && (
            <Choice
              legend={text.range}
              disabled={running}
              value={onlyLoop ? 'loop' : 'whole'}
              onChange={(value) => setOnlyLoop(value === 'loop')}
            >
              {[
                { value: 'whole', label: text.whole },
                { value: 'loop', label: text.loop(`${at(loop.from)} – ${at(loop.to)}`) },
              ]}
            </Choice>
          )}
          <Choice legend={text.format} disabled={running} value={format} onChange={setFormat}>
            {MIX_FORMATS.map((value) => ({ value, label: FORMATS[value].label }))}
          </Choice>
          <Outcome state={state} />
          <Buttons>
            {running && <Button onClick={cancel}>{text.cancel}</Button>}
            <Button look="primary" disabled={running} onClick={begin}>
              {text.start}
            </Button>
          </Buttons>
        </>
      ) : (
        <Buttons>
          <a
            href={`/api/jobs/${data.jobId}/${kind === 'daw' ? 'bundle' : 'download'}`}
            download=""
            className={buttonClass('primary')}
          >
            {text.download}
          </a>
        </Buttons>
      )}
      {editable && <KeepHere data={data} />}
    </Dialog>
  )
}

function Buttons({ children }: { children: ReactNode }) {
  return (
    <form method="dialog" className="flex flex-wrap justify-end gap-2">
      <Button type="submit">{text.close}</Button>
      {children}
    </form>
  )
}

function Outcome({ state }: { state: ExportState }) {
  if (state.kind === 'failed') {
    return (
      <p role="alert" className="text-[13px] text-bad">
        {text.failed(state.reason)}
      </p>
    )
  }
  return (
    <div role="status" className="grid gap-1.5 text-[13px] text-muted empty:hidden">
      {state.kind === 'running' && (
        <>
          <progress className="progress" aria-label={text.progress} value={state.fraction} max={1} />
          {text.rendered(percent(state.fraction))}
        </>
      )}
      {state.kind === 'cancelled' && text.cancelled}
      {state.kind === 'done' && (
        <span>
          {text.done(state.name, bytes(state.bytes))}{' '}
          <a href={state.url} download={state.name} className="text-text underline underline-offset-2">
            {text.again}
          </a>
        </span>
      )}
    </div>
  )
}
