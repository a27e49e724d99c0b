import type { Job, Manifest, NodeRecord } from '@/api/generated/types.gen'
import { type Fact, Facts } from '@/ui/Facts'
import { formatBytes, formatDecibels, formatMoment, formatTimeTaken } from '@/ui/format'
import { Section } from '@/ui/Page'
import { stemColour, stemLabel } from '@/ui/stems'
import { describeResult, indentationOf, totalSeconds } from './manifest'
import { text } from './text'

const CELL = 'border-t border-line py-2 pr-4 last:pr-0 align-top'
const FIGURE = `${CELL} font-mono text-xs whitespace-nowrap`

function ColumnHead({ className = 'text-left', children }: { className?: string; children: string }) {
  return (
    <th scope="col" className={`pr-4 pb-2 font-normal text-muted last:pr-0 ${className}`}>
      {children}
    </th>
  )
}

function NodeDetails({ node }: { node: NodeRecord }) {
  const parameters = Object.entries(node.params).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const weights = Object.entries(node.weights_sha256)
  return (
    <div className="grid gap-0.5 text-xs text-faint">
      <span className="font-mono wrap-anywhere">{node.model}</span>
      {parameters.length > 0 && (
        <span>
          {text.parameters}: {parameters.join(', ')}
        </span>
      )}
      {weights.map(([file, hash]) => (
        <span key={file} title={hash} className="wrap-anywhere">
          {text.weights}: {file}, <span className="font-mono">{hash.slice(0, 12)}</span>
        </span>
      ))}
    </div>
  )
}

/** Each model run with its time, and whether it was run at all. */
export function StepFacts({ job, manifest }: { job: Job; manifest: Manifest }) {
  const titles = new Map(job.nodes.map(({ path, title }) => [path, title]))
  const cached = manifest.nodes.filter((node) => node.cached).length
  return (
    <Section title={text.steps} note={text.stepsNote(formatTimeTaken(totalSeconds(manifest)), cached)}>
      <table className="w-full text-[13px]">
        <caption className="sr-only">{text.stepsCaption}</caption>
        <thead>
          <tr>
            <ColumnHead>{text.step}</ColumnHead>
            <ColumnHead className="w-24 text-right">{text.time}</ColumnHead>
          </tr>
        </thead>
        <tbody>
          {manifest.nodes.map((node) => (
            <tr key={node.path}>
              <th scope="row" className={`${CELL} text-left font-medium`} style={{ paddingLeft: indentationOf(node) }}>
                {titles.get(node.path) ?? node.model}
                <NodeDetails node={node} />
              </th>
              <td className={`${FIGURE} text-right ${node.state === 'failed' ? 'text-bad' : 'text-muted'}`}>
                {describeResult(node)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}

/** The stems as they were measured, and how exactly they add up. */
export function StemFacts({ manifest }: { manifest: Manifest }) {
  const facts: Fact[] = [
    [text.residual, text.residualOf(manifest.sum_to_mixture_db)],
    [text.commonGain, text.gainOf(manifest.common_gain)],
  ]
  return (
    <Section title={text.stems}>
      <table className="w-full text-[13px]">
        <thead>
          <tr>
            <ColumnHead>{text.stem}</ColumnHead>
            <ColumnHead>{text.loudness}</ColumnHead>
            <ColumnHead>{text.peak}</ColumnHead>
            <ColumnHead>{text.size}</ColumnHead>
          </tr>
        </thead>
        <tbody>
          {manifest.stems.map((stem) => (
            <tr key={stem.name}>
              <th scope="row" className={`${CELL} text-left font-medium`}>
                <span className="inline-flex items-center gap-2">
                  <span
                    aria-hidden="true"
                    className="size-2 shrink-0 rounded-full"
                    style={{ background: stemColour(stem.name) }}
                  />
                  {stemLabel(stem.name)}
                </span>
              </th>
              <td className={FIGURE}>{stem.lufs === null ? text.silent : text.lufs(stem.lufs)}</td>
              <td className={FIGURE}>{formatDecibels(20 * Math.log10(stem.peak))}</td>
              <td className={FIGURE}>{formatBytes(stem.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts facts={facts} />
    </Section>
  )
}

/** What came in, before anything was done to it. */
export function InputFacts({ manifest: { input } }: { manifest: Manifest }) {
  if (input === null) return null
  return (
    <Section title={text.song}>
      <Facts
        facts={[
          [text.duration, text.durationOf(input.duration_s)],
          [text.container, input.container],
          [text.codec, input.codec],
          [text.rate, text.rateOf(input.sample_rate)],
          [text.channels, input.channels],
          [
            text.hash,
            <span key="hash" className="font-mono text-xs">
              {input.sha256}
            </span>,
          ],
        ]}
      />
    </Section>
  )
}

/** Where and with what a job ran. */
export function RunFacts({ job, manifest }: { job: Job; manifest: Manifest }) {
  const seconds = (Date.parse(manifest.finished_at) - Date.parse(manifest.started_at)) / 1000
  const versions = Object.entries({ stemset: manifest.stemset_version, ...manifest.versions })
  return (
    <Section title={text.run}>
      <Facts
        facts={[
          [text.device, manifest.device],
          [text.asked, formatMoment(new Date(job.createdAt))],
          [text.started, formatMoment(new Date(manifest.started_at))],
          [text.took, formatTimeTaken(seconds)],
          [
            text.versions,
            <ul key="versions" className="flex flex-wrap gap-x-3">
              {versions.map(([name, version]) => (
                <li key={name} className="whitespace-nowrap">
                  {name} <span className="font-mono text-xs text-muted">{version}</span>
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
    </Section>
  )
}
