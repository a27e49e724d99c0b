import type { Frames, Seconds } from '../units'

/** How far ahead of the audio clock a start is placed: long enough to arm every stem on a busy thread. */
export const LEAD: Seconds = 0.03

/** The first context frame at which all stems can still start together. */
export function sharedStart(context: BaseAudioContext, lead: Seconds = LEAD): Frames {
  return Math.ceil((context.currentTime + lead) * context.sampleRate)
}

/** What is asked of the audio thread later than this before its time may reach it for some stems and not for others. */
const SAFE: Seconds = 0.01

/** Whether it is too late to start or change several stems at one context frame. */
export function isPast(context: BaseAudioContext, frame: Frames): boolean {
  return (context.currentTime + SAFE) * context.sampleRate >= frame
}

/** The first context frame at which all stems can be stopped together. */
export function sharedStop(context: BaseAudioContext): Frames {
  return sharedStart(context, SAFE)
}

/** The context frame that leaves the loudspeaker now, behind currentTime by the output's latency. */
export function heardFrame(context: BaseAudioContext): Frames {
  return Math.round(heardTime(context) * context.sampleRate)
}

function heardTime(context: BaseAudioContext): Seconds {
  if (!('getOutputTimestamp' in context)) return context.currentTime
  const { contextTime, performanceTime } = (context as AudioContext).getOutputTimestamp()
  if (!contextTime || !performanceTime) return context.currentTime
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000)
}
