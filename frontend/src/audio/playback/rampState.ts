import { contextAt, type Take, tapeAt } from '../timeline/anchor'
import type { Frames, Seconds } from '../units'
import type { Lane } from './stemTrack'
import { readyTo, type Voice } from './voice'

/** What sounds: a take and the voice that plays it. */
export interface Running {
  readonly take: Take
  readonly voice: Voice
}

/** Sound is handed over to the audio thread up to this far ahead. */
const HORIZON: Seconds = 3.5

/** Whether others wait for a lane: it would be missed. */
export function isNeeded({ audible, stream }: Lane): boolean {
  return audible && !stream.failure
}

/** Those of some lanes that sound. */
export function playing({ voice }: Running, lanes: readonly Lane[]): readonly Lane[] {
  return lanes.filter((lane) => voice.has(lane))
}

/** The tape frame up to which every lane that is heard has been armed. */
export function armedTo(running: Running, lanes: readonly Lane[], context: BaseAudioContext): Frames {
  const needed = playing(running, lanes).filter(isNeeded)
  if (needed.length === 0) return horizon(running.take, context)
  return Math.min(...needed.map((lane) => running.voice.armed(lane)))
}

/** The tape frame up to which every lane that is heard is decoded, at most to `limit`. */
export function ready(running: Running, lanes: readonly Lane[], limit: Frames): Frames {
  const { take, voice } = running
  const needed = playing(running, lanes).filter(isNeeded)
  return Math.min(limit, ...needed.map((lane) => readyTo(lane.stream, take.tape, voice.armed(lane), limit)))
}

/** The tape frame up to which sound may be handed over now. */
export function horizon(take: Take, context: BaseAudioContext): Frames {
  const ahead = Math.max(take.at, now(context)) + HORIZON * context.sampleRate
  return Math.min(take.tape.length, Math.ceil(tapeAt(take, ahead)))
}

/** Whether a tape frame sounds within this time. */
export function soundsWithin(take: Take, tape: Frames, time: Seconds, context: BaseAudioContext): boolean {
  return contextAt(take, tape) <= now(context) + time * context.sampleRate
}

export function isSame(one: readonly Lane[], other: readonly Lane[]): boolean {
  return one.length === other.length && one.every((lane) => other.includes(lane))
}

export function now(context: BaseAudioContext): Frames {
  return Math.round(context.currentTime * context.sampleRate)
}
