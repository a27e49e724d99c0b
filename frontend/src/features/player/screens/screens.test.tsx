import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubEventSource } from '@/testing/browser'
import { aJob, aRecording } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'
import { aClip, aPlayer } from '@/testing/playerData'

const CLIP = aClip({ mix: { masterDb: -6 } })
const PLAYER = 'GET /api/recordings/recording-1/player'

beforeEach(() => {
  // The decoder asks the browser for one of these; nothing is decoded here.
  vi.stubGlobal(
    'OfflineAudioContext',
    class {
      decodeAudioData = () => Promise.reject(new DOMException('', 'EncodingError'))
    },
  )
  stubEventSource()
})

describe('a shared link', () => {
  const open = (answer: unknown) => renderPage('/s/abc', { 'GET /api/shares/abc': answer })

  it('opens the player with the shared mix, without anything that changes the recording', async () => {
    open({ player: aPlayer(), mix: { tempo: 0.8 } })
    expect(await screen.findByText(/You are listening to a shared mix/)).toBeVisible()
    expect(await screen.findByRole('heading', { name: 'Lithium' })).toBeVisible()
    expect(screen.getByRole('spinbutton', { name: 'Tempo, %' })).toHaveValue(80)
    expect(screen.queryByRole('button', { name: 'Share' })).toBeNull()
  })

  it('that was revoked says so, and leads to the recordings', async () => {
    open(problem(404, 'There is no such link.'))
    expect(await screen.findByRole('heading', { name: 'This link opens nothing' })).toBeVisible()
    expect(screen.getByRole('link', { name: 'To the recordings' })).toHaveAttribute('href', '/')
  })

  it('can be tried again when the server has a bad moment', async () => {
    let answer: unknown = problem(503, 'The storage does not answer.')
    open(() => answer)
    expect(await screen.findByText('The storage does not answer.')).toBeVisible()
    answer = { player: aPlayer(), mix: {} }
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByText(/You are listening to a shared mix/)).toBeVisible()
  })
})

describe('a clip', () => {
  const open = (clip: unknown, player: unknown = aPlayer()) =>
    renderPage('/p/demo/clips/clip-1', { 'GET /api/clips/clip-1': clip, [PLAYER]: player })

  it('plays its range only, in a loop, with its own mix', async () => {
    open(CLIP)
    expect(await screen.findByRole('heading', { name: 'Solo' })).toBeVisible()
    expect(screen.getByText('/ 0:02.000')).toBeVisible()
    expect(screen.getByText('0:01.0 – 0:03.0')).toBeVisible()
    expect(screen.getByText('−6.0 dB')).toBeVisible()
  })

  it('leads to the whole song', async () => {
    open(CLIP)
    expect(await screen.findByRole('link', { name: 'Whole song' })).toHaveAttribute(
      'href',
      '/p/demo/recordings/recording-1',
    )
  })

  it('that was deleted says so', async () => {
    open(problem(404, 'There is no such clip.'))
    expect(await screen.findByRole('heading', { name: 'There is no such clip' })).toBeVisible()
  })

  it('says what is wrong with its song', async () => {
    open(CLIP, problem(409, 'No stem of this job can be played.'))
    expect(await screen.findByText('No stem of this job can be played.')).toBeVisible()
  })
})

describe('the player of a recording', () => {
  const job = aJob({ state: 'succeeded', stems: ['drums', 'bass', 'vocals', 'other'] })
  const open = (mix: unknown, player: unknown = aPlayer()) =>
    renderPage('/p/demo/recordings/recording-1', {
      'GET /api/recordings/recording-1': aRecording({ latestJob: job }),
      'GET /api/jobs': { items: [job], total: 1, limit: 20, offset: 0 },
      'GET /api/recordings/recording-1/mix': mix,
      [PLAYER]: player,
    })

  it('has a lane for each stem, and the mix as it was saved', async () => {
    open({ recordingId: 'recording-1', version: 1, mix: { pitch: -2 }, updatedAt: null })
    for (const stem of ['Drums', 'Bass', 'Vocals', 'Other']) {
      expect(await screen.findByRole('region', { name: stem })).toBeVisible()
    }
    expect(screen.getByRole('spinbutton', { name: 'Pitch, st' })).toHaveValue(-2)
    expect(screen.getByRole('button', { name: 'Share' })).toBeVisible()
  })

  it('plays with a neutral mix when the saved one cannot be read, and says that nothing is kept', async () => {
    open(problem(500, 'broken'))
    expect(await screen.findByText('The saved mix could not be read; changes here are not kept.')).toBeVisible()
    expect(screen.getByRole('spinbutton', { name: 'Tempo, %' })).toHaveValue(100)
  })

  it('says so when it cannot be opened, and tries again', async () => {
    open({}, problem(503, 'The storage does not answer.'))
    expect(await screen.findByRole('heading', { name: 'The player could not be opened' })).toBeVisible()
    expect(screen.getByText('The storage does not answer.')).toBeVisible()
  })
})
