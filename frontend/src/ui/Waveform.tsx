import { useCallback } from 'react'
import { useTheme } from './theme'

const STEP = 3
const BAR = 2

function drawBars(canvas: HTMLCanvasElement, peaks: readonly number[]): void {
  const context = canvas.getContext('2d')
  const { width, height } = canvas.getBoundingClientRect()
  if (context === null || width === 0) return
  const scale = window.devicePixelRatio || 1
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  context.scale(scale, scale)
  context.fillStyle = getComputedStyle(canvas).color
  const loudest = Math.max(...peaks, 1)
  const bars = Math.floor(width / STEP)
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar / bars) * peaks.length)
    const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * peaks.length))
    const peak = Math.max(0, ...peaks.slice(from, to)) / loudest
    // The exponent lifts quiet passages, which a linear scale shows as a line.
    const half = Math.max(0.6, peak ** 0.8 * height * 0.46)
    context.beginPath()
    context.roundRect(bar * STEP, height / 2 - half, BAR, half * 2, 1)
    context.fill()
  }
}

/** Bars for non-negative peaks of any scale, in the text colour of the element. Decoration: hidden from readers. */
export function Waveform({ peaks, className = '' }: { peaks: readonly number[]; className?: string }) {
  const theme = useTheme()
  const attach = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      if (canvas === null) return
      canvas.dataset.theme = theme
      const observer = new ResizeObserver(() => drawBars(canvas, peaks))
      observer.observe(canvas)
      return () => observer.disconnect()
    },
    [peaks, theme],
  )
  return (
    <div aria-hidden="true" className={className}>
      <canvas ref={attach} className="size-full" />
    </div>
  )
}
