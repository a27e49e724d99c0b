import type { Frames, Seconds } from '../units'

/** A start is placed this far ahead of the audio clock: long enough to arm every stem on a busy thread. */
export const START_LEAD: Seconds = 0.03

/** Returns the first context frame at which all stems can still start together. */
export function earliestStart(context: BaseAudioContext, lead: Seconds = START_LEAD): Frames {
  return Math.ceil((context.currentTime + lead) * context.sampleRate)
}

/** A message that is sent later than this before its time may reach the audio thread for some stems and not for others. */
const STOP_LEAD: Seconds = 0.01

/** Whether it is too late to start or change several stems at one context frame. */
export function isPast(context: BaseAudioContext, frame: Frames): boolean {
  return (context.currentTime + STOP_LEAD) * context.sampleRate >= frame
}

/** Returns the first context frame at which all stems can be stopped together. */
export function earliestStop(context: BaseAudioContext): Frames {
  return earliestStart(context, STOP_LEAD)
}

/** Returns the context frame that leaves the loudspeaker now, behind currentTime by the output's latency. */
export function outputFrame(context: BaseAudioContext): Frames {
  return Math.round(outputTime(context) * context.sampleRate)
}

function outputTime(context: BaseAudioContext): Seconds {
  if (!('getOutputTimestamp' in context)) return context.currentTime
  const { contextTime, performanceTime } = (context as AudioContext).getOutputTimestamp()
  if (!contextTime || !performanceTime) return context.currentTime
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000)
}
