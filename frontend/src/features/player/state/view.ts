import type { Frames, Span } from '@/audio'

/** The finest waveform has a point for 256 frames; a bar of 3 pixels shows no less. */
export const FINEST: Frames = 256 / 3

export interface ViewSnapshot extends Span {
  /** Frames per CSS pixel. */
  readonly scale: number
  readonly width: number
  /** Whether the view goes along with the playhead. */
  readonly follow: boolean
  readonly zoomed: boolean
}

/** Which part of the song the lanes show. bounds: the part that there is to see. */
export class View {
  readonly bounds: Span
  readonly #listeners = new Set<() => void>()
  #width = 0
  #from: Frames
  /** 0 shows all of it, at any width. */
  #scale = 0
  #follow = true
  #snapshot: ViewSnapshot

  constructor(bounds: Span) {
    this.bounds = bounds
    this.#from = bounds.from
    this.#snapshot = this.#createSnapshot()
  }

  readonly snapshot = (): ViewSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  setWidth(width: number): void {
    if (width === this.#width) return
    this.#width = width
    this.#notify()
  }

  setFollow(follow: boolean): void {
    this.#follow = follow
    this.#notify()
  }

  /** factor above 1 shows less of the song; the frame `around` stays where it is on screen. */
  zoom(factor: number, around: Frames): void {
    const { scale, from } = this.#snapshot
    const next = this.#clampScale(scale / factor)
    const inside = Math.min(this.bounds.to, Math.max(this.bounds.from, around))
    this.#from = inside - ((inside - from) / scale) * next
    this.#scale = next >= this.#widestScale() ? 0 : next
    this.#notify()
  }

  showAll(): void {
    this.#scale = 0
    this.#notify()
  }

  show(span: Span): void {
    if (this.#width <= 0) return
    this.#scale = this.#clampScale((span.to - span.from) / this.#width)
    this.#from = span.from
    this.#notify()
  }

  scrollBy(pixels: number): void {
    this.#from = this.#snapshot.from + pixels * this.#snapshot.scale
    this.#notify()
  }

  /** Moves on by a page when the frame is not in view, or about to leave it. */
  reveal(frame: Frames): void {
    const { from, to, zoomed } = this.#snapshot
    if (!zoomed || (frame >= from && frame <= to - (to - from) * 0.02)) return
    this.#from = frame - (to - from) * 0.1
    this.#notify()
  }

  /** Returns where a frame is, in pixels from the left edge. */
  xOf(frame: Frames): number {
    const { from, scale } = this.#snapshot
    return scale > 0 ? (frame - from) / scale : 0
  }

  frameAt(x: number): Frames {
    const { from, scale } = this.#snapshot
    return Math.round(Math.min(this.bounds.to, Math.max(this.bounds.from, from + x * scale)))
  }

  #widestScale(): number {
    return (this.bounds.to - this.bounds.from) / Math.max(1, this.#width)
  }

  #clampScale(scale: number): number {
    return Math.min(this.#widestScale(), Math.max(FINEST, scale))
  }

  #createSnapshot(): ViewSnapshot {
    const widest = this.#widestScale()
    const scale = this.#scale === 0 ? widest : Math.min(widest, this.#scale)
    const length = scale * Math.max(1, this.#width)
    const from = Math.max(this.bounds.from, Math.min(this.#from, this.bounds.to - length))
    const zoomed = scale < widest
    return {
      from,
      to: zoomed ? from + length : this.bounds.to,
      scale,
      width: this.#width,
      follow: this.#follow,
      zoomed,
    }
  }

  #notify(): void {
    this.#snapshot = this.#createSnapshot()
    this.#from = this.#snapshot.from
    for (const listener of this.#listeners) listener()
  }
}
