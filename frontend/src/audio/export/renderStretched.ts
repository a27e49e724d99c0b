import { LIMITER_LATENCY } from '../mixer/limiter'
import { Desk } from '../mixer/masterBus'
import { Stretcher } from '../playback/stretcher'
import { STRETCH_LEAD, StretchVoice } from '../playback/stretchVoice'
import { Tape } from '../timeline/timeline'
import type { Seconds, Span } from '../units'
import { type MixRequest, renderedFrames } from './mixRequest'
import { part } from './slice'
import type { Sources } from './sources'

/** A stretcher goes on by what it did before, so it renders long pieces: three minutes are 64 MB. */
const PIECE: Seconds = 180
/** Without a way to hold an offline rendering, all of a piece has to be handed over before. */
const PIECE_AT_ONCE: Seconds = 20
/** Sound handed over at a time, and more than it that the stretcher looks ahead. */
const FEED: Seconds = 4
const AHEAD: Seconds = 1
/** Pieces are faded over, since the phases of two runs differ. */
const OVERLAP: Seconds = 0.05
/** Sound before a piece, so that the stretcher has settled where the piece begins. */
const RUN_UP: Seconds = 0.5
const SLICE: Seconds = 5

/** `renderMix` with another tempo or pitch. */
export async function renderStretched(request: MixRequest, sources: Sources): Promise<void> {
  const { sampleRate, signal, sink, progress } = request
  const total = renderedFrames(request)
  const longest = 'suspend' in OfflineAudioContext.prototype ? PIECE : PIECE_AT_ONCE
  const overlap = Math.round(OVERLAP * sampleRate)
  let tail: AudioBuffer | null = null
  for (let from = 0; from < total; ) {
    const to = Math.min(total, from + Math.round(longest * sampleRate))
    const end = Math.min(total, to + overlap)
    const piece = await renderPiece(request, sources, { from, to: end })
    if (tail) fadeOver(tail, piece)
    for (let at = from; at < to; ) {
      signal?.throwIfAborted()
      const until = Math.min(to, at + Math.round(SLICE * sampleRate))
      await sink(part(piece, { from: at - from, to: until - from }))
      progress?.(until / total)
      at = until
    }
    tail = end > to ? part(piece, { from: to - from, to: end - from }) : null
    from = to
  }
}

/** Frames of the rendered sound, in one run of the stretcher. */
async function renderPiece(request: MixRequest, sources: Sources, piece: Span): Promise<AudioBuffer> {
  const { sampleRate, frames, master, limiter, tempo, pitch, span } = request
  const runUp = Math.min(piece.from, Math.round(RUN_UP * sampleRate))
  const lead = Math.round((STRETCH_LEAD + (limiter ? LIMITER_LATENCY : 0)) * sampleRate)
  const length = lead + runUp + piece.to - piece.from
  const start = Math.min(frames, span.from + Math.round((piece.from - runUp) * tempo))
  const context = new OfflineAudioContext(2, length, sampleRate)
  const desk = new Desk(context, master, limiter)
  const stretcher = new Stretcher(context)
  const channels = 2 * Math.max(1, sources.all.length)
  await stretcher.prepare(channels)
  const node = stretcher.take(channels)
  if (!node) throw new Error('the stretcher is gone')
  const take = { tape: new Tape(start, frames, null), at: Math.round(STRETCH_LEAD * sampleRate), from: 0, tempo }
  const voice = new StretchVoice(context, take, pitch, { stretcher, node, channels })
  const lanes = sources.all.map(({ stream, amplitude, pan }) => ({ stream, strip: desk.strip(amplitude, pan) }))
  voice.add(lanes, 0, false)
  const feed = async (until: Seconds) => {
    const to = Math.min(take.tape.length, Math.ceil((until * tempo + AHEAD) * sampleRate))
    await sources.gather({ from: take.tape.songAt(voice.armed()), to: start + to })
    voice.arm(to)
    sources.release(start + to - sampleRate)
    await voice.told()
  }
  const step = 'suspend' in context ? FEED : length / sampleRate
  await feed(step)
  voice.open()
  await voice.told()
  const fed = feedOnTheWay(context, step, feed)
  const rendered = await context.startRendering()
  fed.check()
  return part(rendered, { from: lead + runUp, to: length })
}

/** Holds the rendering at every step until the next one's sound is handed over. */
function feedOnTheWay(context: OfflineAudioContext, step: Seconds, feed: (until: Seconds) => Promise<void>) {
  let broken: unknown = null
  for (let time = step; time < context.length / context.sampleRate; time += step) {
    void context.suspend(time).then(async () => {
      try {
        if (!broken) await feed(time + step)
      } catch (error) {
        broken = error
      }
      await context.resume()
    })
  }
  return {
    check: () => {
      if (broken) throw broken
    },
  }
}

/** The start of the next piece takes over from the end of the one before. */
function fadeOver(tail: AudioBuffer, piece: AudioBuffer): void {
  for (let side = 0; side < piece.numberOfChannels; side++) {
    const old = tail.getChannelData(side)
    const fresh = piece.getChannelData(side)
    old.forEach((sample, i) => {
      const share = i / old.length
      fresh[i] = (fresh[i] ?? 0) * share + sample * (1 - share)
    })
  }
}
