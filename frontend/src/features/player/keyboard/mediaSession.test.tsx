import { act, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { aSession } from '@/testing/playerSession'
import type { CommandTarget } from './keys'
import { useMediaSession } from './mediaSession'

const handlers = new Map<string, MediaSessionActionHandler | null>()
const session = {
  metadata: null as { title: string } | null,
  playbackState: 'none',
  position: {} as MediaPositionState,
  setActionHandler: (action: string, handler: MediaSessionActionHandler | null) => handlers.set(action, handler),
  setPositionState: (state: MediaPositionState) => {
    session.position = state
  },
}

beforeEach(() => {
  handlers.clear()
  Object.defineProperty(navigator, 'mediaSession', { value: session, configurable: true })
  vi.stubGlobal(
    'MediaMetadata',
    class {
      readonly title: string
      constructor({ title }: { title: string }) {
        this.title = title
      }
    },
  )
  vi.stubGlobal(
    'Audio',
    class {
      loop = false
      play = () => Promise.resolve()
      pause() {}
    },
  )
  URL.createObjectURL = () => 'blob:silence'
  URL.revokeObjectURL = () => undefined
})
afterEach(() => {
  Reflect.deleteProperty(navigator, 'mediaSession')
  vi.unstubAllGlobals()
})

function Part({ target }: { target: CommandTarget }) {
  useMediaSession(target, 'Lithium')
  return null
}

function setUp() {
  const visit = aSession()
  return { ...visit, unmount: render(<Part target={{ ...visit, open: () => undefined }} />).unmount }
}

const press = (action: string, details: Partial<MediaSessionActionDetails> = {}) =>
  act(() => handlers.get(action)?.({ action: action as MediaSessionAction, ...details }))

it('shows the song, and whether and where it plays', () => {
  const { player } = setUp()
  expect(session.metadata?.title).toBe('Lithium')
  player.at = 2500
  act(() => player.change({ transport: 'playing', tempo: 0.5 }))
  expect(session.playbackState).toBe('playing')
  expect(session.position).toEqual({ duration: 100, position: 25, playbackRate: 0.5 })
  act(() => player.pause())
  expect(session.playbackState).toBe('paused')
})

it('obeys the keys of a keyboard, a headset and the lock screen', () => {
  const { player } = setUp()
  press('play')
  expect(player.snapshot().transport).toBe('playing')
  press('seekforward')
  expect(player.at).toBe(500)
  press('seekbackward')
  expect(player.at).toBe(0)
  press('seekto', { seekTime: 42 })
  expect(player.at).toBe(4200)
  press('previoustrack')
  expect(player.at).toBe(0)
  press('pause')
  expect(player.snapshot().transport).toBe('paused')
})

it('gives the keys back when the player goes', () => {
  setUp().unmount()
  expect([...handlers.values()].every((handler) => handler === null)).toBe(true)
  expect(session).toMatchObject({ metadata: null, playbackState: 'none' })
})
