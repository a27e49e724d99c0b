import type { ChannelStrip } from '../mixer/channelStrip'
import type { StemStream } from '../streaming/stemStream'
import type { Timeline } from '../timeline/timeline'
import type { Frames, Seconds } from '../units'

/** One stem: the stream that decodes it and the channel strip that it sounds through. */
export interface VoiceTrack {
  readonly stream: StemStream
  readonly strip: ChannelStrip
}

/** Plays one anchor: hands what is decoded of its timeline to the tracks' strips, at context frames fixed in advance. */
export interface Voice {
  /** How long before its time sound must be armed and opened. */
  readonly lead: Seconds
  /** Whether tracks can be added to what already sounds; if not, another voice has to take over. */
  readonly canJoin: boolean
  /** Whether it plays a track. */
  has(track: VoiceTrack): boolean
  /** Adds tracks from a timeline frame on; with a ramp unless they go on with another voice's sound. */
  add(tracks: readonly VoiceTrack[], from: Frames, ramp: boolean): void
  /** Takes a track out at once. */
  remove(track: VoiceTrack): void
  /** The timeline frame up to which a track's sound is fixed. */
  armedTo(track: VoiceTrack): Frames
  /** Prepares the sound of every track that is decoded up to a timeline frame. Silent until `open`. */
  arm(to: Frames): void
  /** Lets through what was armed last, in all tracks by one event. */
  open(): void
  /** Takes back what was armed last, because its time came before all of it was handed over. */
  discard(): void
  /** Ends all sound at a context frame: fades out after it, or cuts there because another voice goes on. */
  stop(at: Frames, ramp: boolean): void
}

/** Returns the timeline frame up to which a stem is decoded without a gap from `from` on, at most `limit`. */
export function decodedTo({ store }: StemStream, timeline: Timeline, from: Frames, limit: Frames): Frames {
  for (const { at, span } of timeline.pieces(from, limit)) {
    const end = store.decodedTo(span.from)
    if (end < span.to) return at + end - span.from
  }
  return Math.max(from, Math.min(limit, timeline.length))
}
