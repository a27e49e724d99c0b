import { openDecoder } from '../flac/decoder'
import { LIMITER_LATENCY } from '../mixer/limiter'
import { MasterBus } from '../mixer/masterBus'
import { ExactVoice } from '../playback/exactVoice'
import { Timeline } from '../timeline/timeline'
import type { Seconds, Span } from '../units'
import { MixedStems } from './mixedStems'
import type { MixRequest } from './mixRequest'
import { renderStretched } from './renderStretched'
import { sliceBuffer } from './slice'

/** Sound that is rendered at a time: with ten stems it takes about 20 MB. */
const SLICE: Seconds = 5
/** The limiter is given this much sound before a slice, so that it compresses as it would in one piece. */
const RUN_UP: Seconds = 1

/**
 * Renders a mix slice by slice into its sink, through the graph that also plays. Rejects with LoadError when a stem
 * can't be had, with the signal's reason once it is aborted.
 */
export async function renderMix(request: MixRequest): Promise<void> {
  const { sampleRate, tempo, pitch } = request
  const mixed = new MixedStems(request, openDecoder(sampleRate))
  try {
    if (tempo === 1 && pitch === 0) await renderExact(request, mixed)
    else await renderStretched(request, mixed)
  } finally {
    mixed.dispose()
  }
}

async function renderExact(request: MixRequest, mixed: MixedStems): Promise<void> {
  const { sampleRate, span, signal, sink, progress } = request
  const length = Math.round(SLICE * sampleRate)
  for (let from = span.from; from < span.to; from += length) {
    signal?.throwIfAborted()
    const to = Math.min(span.to, from + length)
    const slice = await renderSlice(request, mixed, { from, to })
    signal?.throwIfAborted()
    await sink(slice)
    progress?.((to - span.from) / (span.to - span.from))
  }
}

/** Renders one slice, in a context of its own. */
async function renderSlice(request: MixRequest, mixed: MixedStems, { from, to }: Span): Promise<AudioBuffer> {
  const { sampleRate, frames, master, limiter } = request
  const runUp = limiter ? Math.min(from, Math.round(RUN_UP * sampleRate)) : 0
  const skip = limiter ? runUp + Math.round(LIMITER_LATENCY * sampleRate) : 0
  const start = from - runUp
  await mixed.waitUntilDecoded({ from: start, to })
  const context = new OfflineAudioContext(2, to - from + skip, sampleRate)
  const bus = new MasterBus(context, master, limiter)
  const voice = new ExactVoice(context, { timeline: new Timeline(start, frames, null), at: 0, from: 0, tempo: 1 })
  const tracks = mixed.stems.map(({ stream, amplitude, pan }) => ({ stream, strip: bus.createStrip(amplitude, pan) }))
  voice.add(tracks, 0, false)
  voice.arm(to - start)
  voice.open()
  const rendered = await context.startRendering()
  mixed.release(to - Math.round(RUN_UP * sampleRate))
  return skip > 0 ? sliceBuffer(rendered, { from: skip, to: rendered.length }) : rendered
}
