import { type RefObject, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from 'react'
import type { PlayerData } from '@/api/generated'
import { createPlayer, type Player, type PlayerSnapshot } from '@/audio'
import { carryOut, commandOf, focusOf } from './keys'

/** Drawing goes on this long after the last change, so that meters fall to rest. */
const SETTLE_MS = 600

/** A player for these stems, from the first commit until the screen goes; null before. */
export function usePlayer({ sampleRate, frames, stems }: PlayerData): Player | null {
  const [player, setPlayer] = useState<Player | null>(null)
  useEffect(() => {
    const created = createPlayer({ sampleRate, frames })
    setPlayer(created)
    return () => created.dispose()
  }, [sampleRate, frames])
  useEffect(() => {
    player?.load(stems.map(({ name, url, indexUrl, streaminfo }) => ({ stem: name, url, indexUrl, streaminfo })))
  }, [player, stems])
  return player
}

export function useSnapshot(player: Player): PlayerSnapshot {
  return useSyncExternalStore(player.subscribe, player.snapshot)
}

/** Calls `draw` on every animation frame while the song moves, and shortly after each change. Renders nothing. */
export function useFrames(player: Player, draw: () => void): void {
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

export function useShortcuts(player: Player): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const command = event.defaultPrevented ? null : commandOf(event, focusOf(event.target))
      if (!command) return
      event.preventDefault()
      carryOut(command, player)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [player])
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
