import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Frames } from '@/audio'
import { useTheme } from '@/ui/theme'
import { useSize } from './hooks'
import { bars, isFineEnough, type Peaks, parsePeaks } from './peaks'

/** A bar of 2 pixels and a gap of 1. */
const BAR_PX = 2
const PITCH_PX = 3
/** Below this amplitude a lane is drawn as quiet as it is instead of being blown up to full height. */
const FLOOR = 0.05
/** Lifts quiet passages a little, as the ear does. */
const GAMMA = 0.8

interface WaveformProps {
  /** What can be painted at once. */
  outline: Peaks
  /** A finer outline, fetched only when `outline` has fewer points than there are bars. */
  peaksUrl: string
  frames: Frames
  /** Any CSS colour, a variable included. */
  colour: string
}

export function Waveform({ outline, peaksUrl, frames, colour }: WaveformProps) {
  const [canvas, { width, height }] = useSize<HTMLCanvasElement>()
  const theme = useTheme()
  const count = Math.floor(width / PITCH_PX)
  const { data: finer } = useQuery({
    queryKey: ['peaks', peaksUrl],
    queryFn: ({ signal }) => fetchPeaks(peaksUrl, signal),
    enabled: count > 0 && !isFineEnough(outline, frames, count),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const peaks = finer ?? outline
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what the colour variable stands for
  useEffect(() => {
    if (canvas.current && count > 0) paint(canvas.current, bars(peaks, frames, count), width, height)
  }, [canvas, peaks, frames, count, width, height, colour, theme])
  return <canvas ref={canvas} className="absolute inset-0 size-full" style={{ color: colour }} />
}

async function fetchPeaks(url: string, signal: AbortSignal): Promise<Peaks> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return parsePeaks(await response.arrayBuffer())
}

function paint(canvas: HTMLCanvasElement, heights: Float32Array, width: number, height: number): void {
  const ratio = window.devicePixelRatio
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(ratio, ratio)
  context.fillStyle = getComputedStyle(canvas).color
  const loudest = Math.max(FLOOR, ...heights)
  const middle = height / 2
  context.beginPath()
  heights.forEach((amplitude, index) => {
    const half = Math.max(0.8, (amplitude / loudest) ** GAMMA * height * 0.44)
    context.roundRect(index * PITCH_PX, middle - half, BAR_PX, 2 * half, 1)
  })
  context.fill()
}
