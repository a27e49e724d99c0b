import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import type { Track } from '@/api/generated'
import type { Span } from '@/audio'
import { useTheme } from '@/ui/theme'
import { useDrawOnChange, useSize } from '../drawing'
import { barHeights, highestPeak, OVERVIEW_FRAMES, type Peaks, parsePeaks, waveformFor } from './peaks'

/** A bar of 2 pixels and a gap of 1. */
const BAR_PX = 2
const PITCH_PX = 3
/** Below this amplitude a lane is drawn as quiet as it is instead of being blown up to full height. */
const FLOOR = 0.05
/** Lifts quiet passages a little, as the ear does. */
const GAMMA = 0.8

interface WaveformProps {
  track: Track
  /** What part of the song is drawn, whenever it is asked. */
  span: () => Span
  /** Calls back when the span has changed. */
  subscribe: (listener: () => void) => () => void
}

/** A stem's outline in the colour of its surroundings. The coarse one is there at once, a finer one comes when needed. */
export function Waveform({ track, span, subscribe }: WaveformProps) {
  const [canvas, { width, height }] = useSize<HTMLCanvasElement>()
  const theme = useTheme()
  const count = Math.floor(width / PITCH_PX)
  const [address, setAddress] = useState<string | null>(null)
  const outline = useMemo<Peaks>(() => ({ framesPerPoint: OVERVIEW_FRAMES, pairs: track.overview }), [track.overview])
  const top = useMemo(() => Math.max(FLOOR, highestPeak(outline)), [outline])
  const { data: finer } = useQuery({
    queryKey: ['peaks', address],
    queryFn: ({ signal }) => fetchPeaks(address ?? '', signal),
    enabled: address !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  })
  const draw = () => {
    const shown = span()
    if (count === 0 || !canvas.current) return
    setAddress(waveformFor(track, (shown.to - shown.from) / count))
    paint(canvas.current, barHeights(finer ?? outline, shown, count), top, width, height)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: all of these change what is drawn
  useEffect(draw, [finer, outline, count, width, height, theme])
  useDrawOnChange(subscribe, draw)
  return <canvas ref={canvas} className="absolute inset-0 size-full" />
}

async function fetchPeaks(url: string, signal: AbortSignal): Promise<Peaks> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return parsePeaks(await response.arrayBuffer())
}

function paint(canvas: HTMLCanvasElement, heights: Float32Array, top: number, width: number, height: number): void {
  const ratio = window.devicePixelRatio
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== wide) canvas.width = wide
  if (canvas.height !== high) canvas.height = high
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  context.fillStyle = getComputedStyle(canvas).color
  const middle = height / 2
  context.beginPath()
  heights.forEach((amplitude, index) => {
    const half = Math.max(0.8, Math.min(1, amplitude / top) ** GAMMA * height * 0.44)
    context.roundRect(index * PITCH_PX, middle - half, BAR_PX, 2 * half, 1)
  })
  context.fill()
}
