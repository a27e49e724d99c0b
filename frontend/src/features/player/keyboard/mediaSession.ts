import { useEffect, useEffectEvent } from 'react'
import { type CommandTarget, runCommand, SKIP } from './keys'

/** A second of silence as a WAV: systems show their controls for a media element only, and Web Audio is none. */
function createSilence(): string {
  const rate = 8000
  const wav = new DataView(new ArrayBuffer(44 + rate))
  const write = (at: number, words: string) => {
    for (let i = 0; i < words.length; i++) wav.setUint8(at + i, words.charCodeAt(i))
  }
  write(0, 'RIFF')
  wav.setUint32(4, 36 + rate, true)
  write(8, 'WAVEfmt ')
  wav.setUint32(16, 16, true)
  wav.setUint16(20, 1, true)
  wav.setUint16(22, 1, true)
  wav.setUint32(24, rate, true)
  wav.setUint32(28, rate, true)
  wav.setUint16(32, 1, true)
  wav.setUint16(34, 8, true)
  write(36, 'data')
  wav.setUint32(40, rate, true)
  for (let i = 0; i < rate; i++) wav.setUint8(44 + i, 128)
  return URL.createObjectURL(new Blob([wav.buffer], { type: 'audio/wav' }))
}

/** The keys of a keyboard, a headset and the lock screen; and what they show. */
export function useMediaSession(target: CommandTarget, title: string): void {
  const act = useEffectEvent((command: Parameters<typeof runCommand>[0]) => runCommand(command, target))
  const { player, view } = target
  useEffect(() => {
    if (!('mediaSession' in navigator)) return
    const { mediaSession } = navigator
    const address = createSilence()
    const holder = new Audio(address)
    holder.loop = true
    const { from, to } = view.bounds
    const show = () => {
      const playing = player.snapshot().transport !== 'paused'
      mediaSession.playbackState = playing ? 'playing' : 'paused'
      if (playing) void holder.play().catch(() => {})
      else holder.pause()
      const duration = (to - from) / player.sampleRate
      const position = Math.min(duration, Math.max(0, (player.position() - from) / player.sampleRate))
      mediaSession.setPositionState({ duration, position, playbackRate: player.snapshot().tempo })
    }
    mediaSession.metadata = new MediaMetadata({ title, artist: 'Stemset' })
    const handlers: readonly (readonly [MediaSessionAction, MediaSessionActionHandler])[] = [
      ['play', () => player.play()],
      ['pause', () => player.pause()],
      ['stop', () => player.pause()],
      ['seekbackward', () => act({ kind: 'skip', by: -SKIP })],
      ['seekforward', () => act({ kind: 'skip', by: SKIP })],
      ['previoustrack', () => act({ kind: 'start' })],
      ['seekto', ({ seekTime }) => player.seek(from / player.sampleRate + (seekTime ?? 0))],
    ]
    for (const [action, handler] of handlers) mediaSession.setActionHandler(action, handler)
    const unsubscribe = player.subscribe(show)
    return () => {
      unsubscribe()
      holder.pause()
      URL.revokeObjectURL(address)
      for (const [action] of handlers) mediaSession.setActionHandler(action, null)
      mediaSession.metadata = null
      mediaSession.playbackState = 'none'
    }
  }, [player, view, title])
}
