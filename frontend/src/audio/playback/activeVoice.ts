import { type Anchor, contextFrameAt, timelineFrameAt } from '../timeline/anchor'
import type { Frames, Seconds } from '../units'
import type { StemTrack } from './stemTrack'
import { decodedTo, type Voice } from './voice'

/** The voice that sounds, and the anchor that it plays. */
export interface ActiveVoice {
  readonly anchor: Anchor
  readonly voice: Voice
}

/** Sound is handed over to the audio thread up to this far ahead. */
const HAND_OVER: Seconds = 3.5

/** Whether the others wait for a track: it is audible and can be had. */
export function isNeeded({ audible, stream }: StemTrack): boolean {
  return audible && !stream.failure
}

/** Returns those of these tracks that the voice plays. */
export function soundingTracks({ voice }: ActiveVoice, tracks: readonly StemTrack[]): readonly StemTrack[] {
  return tracks.filter((track) => voice.has(track))
}

/** Returns the timeline frame up to which every needed track has been armed. */
export function armedToByAll(active: ActiveVoice, tracks: readonly StemTrack[], context: BaseAudioContext): Frames {
  const needed = soundingTracks(active, tracks).filter(isNeeded)
  if (needed.length === 0) return handOverLimit(active.anchor, context)
  return Math.min(...needed.map((track) => active.voice.armedTo(track)))
}

/** Returns the timeline frame up to which every needed track is decoded, at most `limit`. */
export function decodedToByAll(active: ActiveVoice, tracks: readonly StemTrack[], limit: Frames): Frames {
  const { anchor, voice } = active
  const needed = soundingTracks(active, tracks).filter(isNeeded)
  return Math.min(
    limit,
    ...needed.map((track) => decodedTo(track.stream, anchor.timeline, voice.armedTo(track), limit)),
  )
}

/** Returns the timeline frame up to which sound may be handed over now. */
export function handOverLimit(anchor: Anchor, context: BaseAudioContext): Frames {
  const ahead = Math.max(anchor.at, currentFrame(context)) + HAND_OVER * context.sampleRate
  return Math.min(anchor.timeline.length, Math.ceil(timelineFrameAt(anchor, ahead)))
}

/** Whether a timeline frame sounds within this time. */
export function soundsWithin(anchor: Anchor, timelineFrame: Frames, time: Seconds, context: BaseAudioContext): boolean {
  return contextFrameAt(anchor, timelineFrame) <= currentFrame(context) + time * context.sampleRate
}

export function hasSameTracks(one: readonly StemTrack[], other: readonly StemTrack[]): boolean {
  return one.length === other.length && one.every((track) => other.includes(track))
}

export function currentFrame(context: BaseAudioContext): Frames {
  return Math.round(context.currentTime * context.sampleRate)
}
