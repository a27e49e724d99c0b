import { useEffect, useRef, useState } from 'react'
import type { MixRequest } from '@/audio'
import type { MixFormat } from './formats'

export type ExportState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly fraction: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done'; readonly name: string; readonly bytes: number; readonly url: string }

/** A mix to export; the export adds where it goes and how it is watched. */
export type ExportRequest = Omit<MixRequest, 'sink' | 'progress' | 'signal'>

/** One export at a time; it ends with the sheet that shows it. */
export function useExport() {
  const [state, setState] = useState<ExportState>({ kind: 'idle' })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const start = async (job: ExportRequest, format: MixFormat, name: string) => {
    const controller = new AbortController()
    running.current = controller
    setState({ kind: 'running', fraction: 0 })
    try {
      const { encodeMix } = await import('./encode')
      const progress = (fraction: number) => !controller.signal.aborted && setState({ kind: 'running', fraction })
      const blob = await encodeMix({ ...job, progress, signal: controller.signal }, format)
      const url = URL.createObjectURL(blob)
      downloadAs(url, name)
      setState({ kind: 'done', name, bytes: blob.size, url })
    } catch (error) {
      if (controller.signal.aborted) setState({ kind: 'cancelled' })
      else setState({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { state, start, cancel: () => running.current?.abort() }
}

function downloadAs(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}
