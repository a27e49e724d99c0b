import { openDecoder } from '../flac/decoder'
import { LIMITER_LATENCY } from '../mixer/limiter'
import { Desk } from '../mixer/masterBus'
import { ExactVoice } from '../playback/exactVoice'
import { Tape } from '../timeline/timeline'
import type { Seconds, Span } from '../units'
import type { MixRequest } from './mixRequest'
import { renderStretched } from './renderStretched'
import { part } from './slice'
import { Sources } from './sources'

/** Sound rendered at a time: with ten stems about 20 MB are held. */
const SLICE: Seconds = 5
/** The limiter hears this much before a slice, so that it holds back as it would in one piece. */
const RUN_UP: Seconds = 1

/** Rejects with LoadError when a stem can't be had, with the signal's reason once it is aborted. */
export async function renderMix(request: MixRequest): Promise<void> {
  const { sampleRate, tempo, pitch } = request
  const sources = new Sources(request, openDecoder(sampleRate))
  try {
    if (tempo === 1 && pitch === 0) await renderExact(request, sources)
    else await renderStretched(request, sources)
  } finally {
    sources.dispose()
  }
}

async function renderExact(request: MixRequest, sources: Sources): Promise<void> {
  const { sampleRate, span, signal, sink, progress } = request
  const length = Math.round(SLICE * sampleRate)
  for (let from = span.from; from < span.to; from += length) {
    signal?.throwIfAborted()
    const to = Math.min(span.to, from + length)
    const slice = await renderSlice(request, sources, { from, to })
    signal?.throwIfAborted()
    await sink(slice)
    progress?.((to - span.from) / (span.to - span.from))
  }
}

/** What is heard of one slice, through the graph that also plays. */
async function renderSlice(request: MixRequest, sources: Sources, { from, to }: Span): Promise<AudioBuffer> {
  const { sampleRate, frames, master, limiter } = request
  const runUp = limiter ? Math.min(from, Math.round(RUN_UP * sampleRate)) : 0
  const skip = limiter ? runUp + Math.round(LIMITER_LATENCY * sampleRate) : 0
  const start = from - runUp
  await sources.gather({ from: start, to })
  const context = new OfflineAudioContext(2, to - from + skip, sampleRate)
  const desk = new Desk(context, master, limiter)
  const voice = new ExactVoice(context, { tape: new Tape(start, frames, null), at: 0, from: 0, tempo: 1 })
  const lanes = sources.all.map(({ stream, amplitude, pan }) => ({ stream, strip: desk.strip(amplitude, pan) }))
  voice.add(lanes, 0, false)
  voice.arm(to - start)
  voice.open()
  const rendered = await context.startRendering()
  sources.release(to - Math.round(RUN_UP * sampleRate))
  return skip > 0 ? part(rendered, { from: skip, to: rendered.length }) : rendered
}
