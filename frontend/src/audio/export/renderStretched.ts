import { LIMITER_LATENCY } from '../mixer/limiter'
import { MasterBus } from '../mixer/masterBus'
import { Stretcher } from '../playback/stretcher'
import { STRETCH_LEAD, StretchVoice } from '../playback/stretchVoice'
import { Timeline } from '../timeline/timeline'
import type { Seconds, Span } from '../units'
import type { MixedStems } from './mixedStems'
import { type MixRequest, renderedFrames } from './mixRequest'
import { sliceBuffer } from './slice'

/** A stretcher goes on by what it did before, so it renders long pieces: three minutes are 64 MB. */
const PIECE: Seconds = 180
/** Without a way to hold an offline rendering, all of a piece has to be handed over before. */
const PIECE_AT_ONCE: Seconds = 20
/** Sound that is handed over at a time, and how much further the stretcher is fed: more than it looks ahead. */
const FEED: Seconds = 4
const AHEAD: Seconds = 1
/** Pieces are crossfaded, since the phases of two runs differ. */
const OVERLAP: Seconds = 0.05
/** Sound before a piece, so that the stretcher has settled where the piece begins. */
const RUN_UP: Seconds = 0.5
const SLICE: Seconds = 5

/** Renders as `renderMix` does, with another tempo or pitch. */
export async function renderStretched(request: MixRequest, mixed: MixedStems): Promise<void> {
  const { sampleRate, signal, sink, progress } = request
  const total = renderedFrames(request)
  const longest = 'suspend' in OfflineAudioContext.prototype ? PIECE : PIECE_AT_ONCE
  const overlap = Math.round(OVERLAP * sampleRate)
  let tail: AudioBuffer | null = null
  for (let from = 0; from < total; ) {
    const to = Math.min(total, from + Math.round(longest * sampleRate))
    const end = Math.min(total, to + overlap)
    const piece = await renderPiece(request, mixed, { from, to: end })
    if (tail) crossfade(tail, piece)
    for (let at = from; at < to; ) {
      signal?.throwIfAborted()
      const until = Math.min(to, at + Math.round(SLICE * sampleRate))
      await sink(sliceBuffer(piece, { from: at - from, to: until - from }))
      progress?.(until / total)
      at = until
    }
    tail = end > to ? sliceBuffer(piece, { from: to - from, to: end - from }) : null
    from = to
  }
}

/** Renders a span of the resulting sound, in frames of that, in one run of the stretcher. */
async function renderPiece(request: MixRequest, mixed: MixedStems, piece: Span): Promise<AudioBuffer> {
  const { sampleRate, frames, master, limiter, tempo, pitch, span } = request
  const runUp = Math.min(piece.from, Math.round(RUN_UP * sampleRate))
  const lead = Math.round((STRETCH_LEAD + (limiter ? LIMITER_LATENCY : 0)) * sampleRate)
  const length = lead + runUp + piece.to - piece.from
  const start = Math.min(frames, span.from + Math.round((piece.from - runUp) * tempo))
  const context = new OfflineAudioContext(2, length, sampleRate)
  const bus = new MasterBus(context, master, limiter)
  const stretcher = new Stretcher(context)
  const channels = 2 * Math.max(1, mixed.stems.length)
  await stretcher.prepare(channels)
  const node = stretcher.acquire(channels)
  if (!node) throw new Error('the stretcher is gone')
  const anchor = {
    timeline: new Timeline(start, frames, null),
    at: Math.round(STRETCH_LEAD * sampleRate),
    from: 0,
    tempo,
  }
  const voice = new StretchVoice(context, anchor, pitch, { stretcher, node, channels })
  const tracks = mixed.stems.map(({ stream, amplitude, pan }) => ({ stream, strip: bus.createStrip(amplitude, pan) }))
  voice.add(tracks, 0, false)
  const feed = async (until: Seconds) => {
    const to = Math.min(anchor.timeline.length, Math.ceil((until * tempo + AHEAD) * sampleRate))
    await mixed.waitUntilDecoded({ from: anchor.timeline.songFrameAt(voice.armedTo()), to: start + to })
    voice.arm(to)
    mixed.release(start + to - sampleRate)
    await voice.whenDelivered()
  }
  const step = 'suspend' in context ? FEED : length / sampleRate
  await feed(step)
  voice.open()
  await voice.whenDelivered()
  const fed = feedWhileRendering(context, step, feed)
  const rendered = await context.startRendering()
  fed.throwFailure()
  return sliceBuffer(rendered, { from: lead + runUp, to: length })
}

/** Holds the rendering at every step until the next one's sound is handed over. */
function feedWhileRendering(context: OfflineAudioContext, step: Seconds, feed: (until: Seconds) => Promise<void>) {
  let failure: unknown = null
  for (let time = step; time < context.length / context.sampleRate; time += step) {
    void context.suspend(time).then(async () => {
      try {
        if (!failure) await feed(time + step)
      } catch (error) {
        failure = error
      }
      await context.resume()
    })
  }
  return {
    throwFailure: () => {
      if (failure) throw failure
    },
  }
}

/** Fades from the end of the piece before, `tail`, into the start of `piece`, in place. */
function crossfade(tail: AudioBuffer, piece: AudioBuffer): void {
  for (let side = 0; side < piece.numberOfChannels; side++) {
    const old = tail.getChannelData(side)
    const fresh = piece.getChannelData(side)
    old.forEach((sample, i) => {
      const share = i / old.length
      fresh[i] = (fresh[i] ?? 0) * share + sample * (1 - share)
    })
  }
}
