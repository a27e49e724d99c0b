import { type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react'
import type { Player } from '@/audio'

/** Drawing goes on this long after the last change, so that meters fall to rest. */
const SETTLE_MS = 600

/** Calls `draw` on every animation frame while the song moves, and shortly after each change. Renders nothing. */
export function useAnimationFrames(player: Player, draw: () => void): void {
  const drawNow = useEffectEvent(draw)
  useEffect(() => {
    let request = 0
    let until = 0
    const ask = () => {
      request ||= requestAnimationFrame(tick)
    }
    const tick = (now: number) => {
      request = 0
      drawNow()
      if (player.snapshot().transport === 'playing' || now < until) ask()
    }
    const wake = () => {
      until = performance.now() + SETTLE_MS
      ask()
    }
    wake()
    const unsubscribe = player.subscribe(wake)
    return () => {
      unsubscribe()
      cancelAnimationFrame(request)
    }
  }, [player])
}

/** Calls `draw` on the next animation frame after each change that `subscribe` tells of, and once at the start. */
export function useDrawOnChange(subscribe: (listener: () => void) => () => void, draw: () => void): void {
  const drawNow = useEffectEvent(draw)
  useEffect(() => {
    let request = 0
    const ask = () => {
      request ||= requestAnimationFrame(() => {
        request = 0
        drawNow()
      })
    }
    ask()
    const unsubscribe = subscribe(ask)
    return () => {
      unsubscribe()
      cancelAnimationFrame(request)
    }
  }, [subscribe])
}

/** An element's width and height in CSS pixels, kept up to date; zero before the first layout. */
export function useSize<E extends Element>(): [RefObject<E | null>, { width: number; height: number }] {
  const element = useRef<E>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, size]
}
