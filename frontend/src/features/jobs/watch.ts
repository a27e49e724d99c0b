import type { JobEvent } from '@/api/generated/types.gen'
import { isFinal } from './jobs'

const TYPES = [
  'created',
  'started',
  'node_started',
  'node_progress',
  'node_done',
  'track_ready',
  'succeeded',
  'failed',
  'cancelled',
  'retried',
  'requeued',
]
const REOPEN_MS = 5000
// A browser opens six connections to one HTTP/1.1 server; the rest of the page needs some of them.
const MAX_STREAMS = 3
let openStreams = 0

/**
 * Calls `onEvent` with each change of a job until it is final or the returned function is called.
 *
 * The browser resumes a broken stream by itself with Last-Event-ID. It gives up when the answer is an error, so
 * such a stream is opened anew after a while. Beyond three streams nothing is opened: the page polls as well.
 */
export function watchJob(jobId: string, onEvent: (event: JobEvent) => void): () => void {
  if (openStreams >= MAX_STREAMS) return () => {}
  openStreams += 1
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  const stop = () => {
    if (stopped) return
    stopped = true
    openStreams -= 1
    clearTimeout(timer)
    source?.close()
  }
  const receive = (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as JobEvent
    if (isFinal(event.job.state)) stop()
    onEvent(event)
  }
  const open = () => {
    const opened = new EventSource(`/api/jobs/${jobId}/events`)
    source = opened
    for (const type of TYPES) opened.addEventListener(type, receive)
    opened.addEventListener('error', () => {
      // CONNECTING: the browser is at it already.
      if (!stopped && opened.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS)
    })
  }
  open()
  return stop
}
