import { act, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { PlayerSnapshot, StemSnapshot } from '@/audio'
import { FakePlayer } from '@/testing/fakePlayer'
import { StatusLine, statusText } from './StatusLine'

const PLAYING: PlayerSnapshot = { ...new FakePlayer().snapshot(), transport: 'playing' }
const stem = (load: StemSnapshot['load']): StemSnapshot => {
  return { stem: 'vocals', gain: 0, pan: 0, muted: false, soloed: false, audible: true, load }
}

describe('statusText', () => {
  it('is empty while all is well', () => {
    expect(statusText(PLAYING, true)).toBe('')
  })

  it('says first what keeps the whole player from sounding', () => {
    expect(statusText({ ...PLAYING, problem: 'blocked', transport: 'waiting' }, false)).toMatch(/Press Play/)
  })

  it('says that there is no network', () => {
    expect(statusText({ ...PLAYING, transport: 'waiting' }, false)).toMatch(/No network/)
  })

  it('says that sound is awaited', () => {
    expect(statusText({ ...PLAYING, transport: 'waiting' }, true)).toBe('Loading')
  })

  it('counts the stems that are missing', () => {
    const stems = [stem({ kind: 'failed', failure: 'missing' }), stem({ kind: 'ready' })]
    expect(statusText({ ...PLAYING, stems }, true)).toBe('1 of 2 stems missing')
  })
})

it('the status line follows the network', () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(true)
  render(<StatusLine player={new FakePlayer()} />)
  expect(screen.getByRole('status')).toHaveTextContent('')
  online.mockReturnValue(false)
  act(() => void window.dispatchEvent(new Event('offline')))
  expect(screen.getByRole('status')).toHaveTextContent('No network')
})
