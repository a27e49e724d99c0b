import type { Strip } from '../mixer/channelStrip'
import type { LaneStream } from '../streaming/stemStream'
import type { Tape } from '../timeline/timeline'
import type { Frames, Seconds } from '../units'

/** One stem with what it has decoded and where it is heard. */
export interface VoiceLane {
  readonly stream: LaneStream
  readonly strip: Strip
}

/** Makes one take sound: what is decoded of the tape goes to the lanes' strips, at context frames fixed in advance. */
export interface Voice {
  /** How long before its time it must know of what is to sound. */
  readonly lead: Seconds
  /** Whether lanes can be added to what already sounds; if not, another voice has to take over. */
  readonly joins: boolean
  /** Tells apart lanes that are heard from those that are not yet. */
  has(lane: VoiceLane): boolean
  /** Adds lanes from a tape frame on; with a ramp unless they go on with another voice's sound. */
  add(lanes: readonly VoiceLane[], from: Frames, ramp: boolean): void
  /** Takes a lane out at once. */
  remove(lane: VoiceLane): void
  /** The tape frame up to which a lane's sound is fixed. */
  armed(lane: VoiceLane): Frames
  /** Prepares the sound of every lane that is decoded up to a tape frame. Silent until `open`. */
  arm(to: Frames): void
  /** Lets be heard what was armed last, in all lanes by one event. */
  open(): void
  /** Takes back what was armed last, because its time has come before all of it was there. */
  discard(): void
  /** Ends all sound at a context frame: fading out after it, or cut there because another voice goes on. */
  stop(at: Frames, ramp: boolean): void
}

/** Up to which tape frame a stem is decoded without a gap, from one tape frame on, at most to another. */
export function readyTo({ store }: LaneStream, tape: Tape, from: Frames, limit: Frames): Frames {
  for (const { at, span } of tape.pieces(from, limit)) {
    const end = store.readyTo(span.from)
    if (end < span.to) return at + end - span.from
  }
  return Math.max(from, Math.min(limit, tape.length))
}
