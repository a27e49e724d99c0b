import type { Model } from '@/api/generated/types.gen'
import { type Fact, Facts } from '@/ui/Facts'
import { formatBytes } from '@/ui/format'
import { CheckIcon, DownloadIcon } from '@/ui/icons'
import { stemLabel } from '@/ui/stems'
import { text } from './text'

function Scores({ model }: { model: Model }) {
  if (model.scores.length === 0) return text.noSdr
  const sources = [...new Set(model.scores.map(({ source }) => source))]
  return (
    <ul className="grid gap-1">
      {sources.map((source) => (
        <li key={source}>
          {model.scores
            .filter((score) => score.source === source)
            .map(({ slot, sdrDb }) => `${stemLabel(slot).toLowerCase()} ${sdrDb.toFixed(2)} dB`)
            .join(', ')}
          <span className="text-faint"> · {source}</span>
        </li>
      ))}
    </ul>
  )
}

function Files({ model }: { model: Model }) {
  return (
    <ul className="grid gap-1">
      {model.files.map((file) => (
        <li key={file.name} className="flex flex-wrap items-baseline gap-x-2">
          <span className={`inline-flex items-center gap-1 ${file.present ? 'text-good' : 'text-warn'}`}>
            {file.present ? <CheckIcon className="self-center" /> : <DownloadIcon className="self-center" />}
            {file.present ? text.present : text.absent}
          </span>
          <span className="font-mono text-xs wrap-anywhere">{file.name}</span>
          {file.bytes !== null && <span className="font-mono text-xs text-muted">{formatBytes(file.bytes)}</span>}
        </li>
      ))}
    </ul>
  )
}

/** What is known of one model: its files, licence and published quality. */
export function ModelFacts({ model }: { model: Model }) {
  const needsFiles = model.weights !== 'none'
  const facts: Fact[] = [
    [text.sdr, <Scores key="scores" model={model} />],
    ...(needsFiles
      ? ([
          [text.licence, model.licence ?? text.noLicence],
          [text.files, <Files key="files" model={model} />],
        ] as const)
      : ([[text.files, text.noWeights]] as const)),
    [text.advice, model.deviceAdvice],
  ]
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <h3 className="text-[13px] font-semibold">
        {model.title}{' '}
        <span className="font-normal text-faint">
          {model.architecture}
          {needsFiles && ` · ${formatBytes(model.sizeBytes)}`}
        </span>
      </h3>
      <p className="text-[13px] text-muted">{model.summary}</p>
      <Facts facts={facts} />
    </li>
  )
}
