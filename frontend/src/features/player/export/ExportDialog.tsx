import { type ReactNode, useState } from 'react'
import type { PlayerData } from '@/api/generated'
import type { Span } from '@/audio'
import { KeepHere } from '@/features/offline'
import { Button, buttonClass } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { ErrorLine } from '@/ui/ErrorLine'
import { formatBytes, formatPercent } from '@/ui/format'
import { shortTime } from '../format'
import { channelsOf, type MixState } from '../state/mix'
import { type PlayerSession, stemSources, useMixEditor } from '../state/playerSession'
import { Choice } from './Choice'
import { FORMATS, fileName, MIX_FORMATS, type MixFormat } from './formats'
import { text } from './text'
import { type ExportRequest, type ExportState, useExport } from './useExport'

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
  const exporting = useExport()
  const [kind, setKind] = useState<Kind>('mix')
  const [choice, setChoice] = useState<MixChoice>({ format: 'wav', onlyLoop: false })
  const kinds = (Object.keys(text.kinds) as Kind[]).filter((name) => name === 'mix' || editable)
  return (
    <Dialog title={text.title} onClose={onClose}>
      {kinds.length > 1 && (
        <Choice
          legend={text.what}
          disabled={exporting.state.kind === 'running'}
          value={kind}
          onChange={setKind}
          stacked
        >
          {kinds.map((name) => ({ value: name, label: text.kinds[name][0], hint: text.kinds[name][1] }))}
        </Choice>
      )}
      {kind === 'mix' ? (
        <MixExport
          session={session}
          data={data}
          title={title}
          clip={clip}
          exporting={exporting}
          choice={choice}
          onChoice={(change) => setChoice({ ...choice, ...change })}
        />
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

interface MixChoice {
  format: MixFormat
  onlyLoop: boolean
}

interface MixExportProps extends Pick<ExportDialogProps, 'session' | 'data' | 'title' | 'clip'> {
  exporting: ReturnType<typeof useExport>
  choice: MixChoice
  onChoice: (change: Partial<MixChoice>) => void
}

/** Range and format of the mix, and how far its export is. */
function MixExport({ session, data, title, clip, exporting, choice, onChoice }: MixExportProps) {
  const { state, start, cancel } = exporting
  const { mix } = useMixEditor(session.editor)
  const { format, onlyLoop } = choice
  const loop = clip ? null : mix.loop
  const exportedLoop = onlyLoop ? loop : null
  const at = (frame: number) => shortTime(frame / data.sampleRate)
  const running = state.kind === 'running'
  const begin = () => {
    const span = exportedLoop ?? clip ?? { from: 0, to: data.frames }
    const suffix = exportedLoop ? at(exportedLoop.from).replace(':', '.') : ''
    void start(exportRequest(data, mix, span), format, fileName([title, suffix], FORMATS[format].extension))
  }
  return (
    <>
      {loop && (
        <Choice
          legend={text.range}
          disabled={running}
          value={onlyLoop ? 'loop' : 'whole'}
          onChange={(value) => onChoice({ onlyLoop: value === 'loop' })}
        >
          {[
            { value: 'whole', label: text.whole },
            { value: 'loop', label: text.loop(`${at(loop.from)} – ${at(loop.to)}`) },
          ]}
        </Choice>
      )}
      <Choice legend={text.format} disabled={running} value={format} onChange={(value) => onChoice({ format: value })}>
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
  )
}

/** Returns what is rendered: this span of a job's stems, with this mix. */
function exportRequest(data: PlayerData, mix: MixState, { from, to }: Span): ExportRequest {
  const { sampleRate, frames, stems } = data
  const { master, limiter, tempo, pitch } = mix
  const names = stems.map(({ name }) => name)
  return {
    ...{ sampleRate, frames, master, limiter, tempo, pitch },
    sources: stemSources(data),
    mix: channelsOf(mix, names),
    span: { from, to },
  }
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
    return <ErrorLine>{text.failed(state.reason)}</ErrorLine>
  }
  return (
    <div role="status" className="grid gap-1.5 text-[13px] text-muted empty:hidden">
      {state.kind === 'running' && (
        <>
          <progress className="progress" aria-label={text.progress} value={state.fraction} max={1} />
          {text.rendered(formatPercent(state.fraction))}
        </>
      )}
      {state.kind === 'cancelled' && text.cancelled}
      {state.kind === 'done' && (
        <span>
          {text.done(state.name, formatBytes(state.bytes))}{' '}
          <a href={state.url} download={state.name} className="text-text underline underline-offset-2">
            {text.again}
          </a>
        </span>
      )}
    </div>
  )
}
