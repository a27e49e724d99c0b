import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MixRequest } from '@/audio'
import { stubDialog } from '@/testing/browser'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { ExportDialog } from './ExportDialog'

const encodeMix = vi.hoisted(() => vi.fn())
vi.mock('./encode', () => ({ encodeMix }))

const saved: string[] = []

beforeEach(() => {
  stubDialog()
  saved.length = 0
  encodeMix.mockReset()
  encodeMix.mockResolvedValue(new Blob(['12345']))
  URL.createObjectURL = () => 'blob:mix'
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download)
  })
})
afterEach(() => vi.restoreAllMocks())

const LOOP = { from: 44_100, to: 88_200, on: true }

async function setUp({ mix = {}, clip = null as { from: number; to: number } | null, editable = true } = {}) {
  const session = aSession(mix, ['drums', 'bass', 'vocals', 'other'])
  renderPart(
    <ExportDialog
      session={session}
      data={aPlayer()}
      title="Lithium"
      clip={clip}
      editable={editable}
      onClose={() => undefined}
    />,
  )
  await screen.findByRole('dialog', { name: 'Export' })
  return { ...session, user: userEvent.setup() }
}

const start = () => screen.getByRole('button', { name: 'Export' })
const request = () => encodeMix.mock.calls[0]?.[0] as MixRequest

describe('exporting the mix', () => {
  it('renders the whole song with the mix as it is, as a WAV file', async () => {
    const strips = { vocals: { gain: -3, muted: true, soloed: false, pan: 0 } }
    const { user } = await setUp({ mix: { strips, master: -6, tempo: 0.8 } })
    await user.click(start())
    expect(await screen.findByText(/Lithium.wav is ready, 5 B/)).toBeVisible()
    expect(saved).toEqual(['Lithium.wav'])
    expect(request()).toMatchObject({ span: { from: 0, to: 441_000 }, master: -6, tempo: 0.8, sampleRate: 44_100 })
    expect(request().mix.get('vocals')).toMatchObject({ gain: -3, muted: true })
    expect(request().sources.map(({ stem }) => stem)).toEqual(['drums', 'bass', 'vocals', 'other'])
    expect(encodeMix.mock.calls[0]?.[1]).toBe('wav')
  })

  it('renders the loop alone, in the format of one’s choice', async () => {
    const { user } = await setUp({ mix: { loop: LOOP } })
    await user.click(screen.getByRole('radio', { name: 'Loop, 0:01.0 – 0:02.0' }))
    await user.click(screen.getByRole('radio', { name: 'FLAC' }))
    await user.click(start())
    await waitFor(() => expect(saved).toEqual(['Lithium - 0.01.0.flac']))
    expect(request().span).toEqual({ from: 44_100, to: 88_200 })
  })

  it('renders a clip’s range, and offers no loop inside it', async () => {
    const { user } = await setUp({ mix: { loop: LOOP }, clip: { from: 1000, to: 2000 } })
    expect(screen.queryByRole('radio', { name: /Loop/ })).toBeNull()
    await user.click(start())
    await waitFor(() => expect(request().span).toEqual({ from: 1000, to: 2000 }))
  })

  it('shows how far it is, and can be cancelled', async () => {
    encodeMix.mockImplementation(({ progress, signal }: MixRequest) => {
      progress?.(0.25)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    })
    const { user } = await setUp()
    await user.click(start())
    expect(await screen.findByText('25 % rendered')).toBeVisible()
    expect(start()).toBeDisabled()
    await user.click(screen.getByRole('button', { name: 'Cancel' }))
    expect(await screen.findByText('The export was cancelled.')).toBeVisible()
    expect(saved).toEqual([])
  })

  it('says why it failed', async () => {
    encodeMix.mockRejectedValue(new Error('the disk is full'))
    const { user } = await setUp()
    await user.click(start())
    expect(await screen.findByRole('alert')).toHaveTextContent('The export failed: the disk is full')
  })

  it('keeps the chosen format while one looks at the stems', async () => {
    const { user } = await setUp()
    await user.click(screen.getByRole('radio', { name: 'FLAC' }))
    await user.click(screen.getByRole('radio', { name: /Stems/ }))
    await user.click(screen.getByRole('radio', { name: /Mix as heard/ }))
    expect(screen.getByRole('radio', { name: 'FLAC' })).toBeChecked()
  })
})

describe('the stems as files', () => {
  it('come as one ZIP, as FLAC or as WAV', async () => {
    const { user } = await setUp()
    await user.click(screen.getByRole('radio', { name: /^Stems/ }))
    expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute('href', '/api/jobs/job-1/download')
    await user.click(screen.getByRole('radio', { name: /^For a DAW/ }))
    expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute('href', '/api/jobs/job-1/bundle')
  })

  it('are not offered to guests', async () => {
    await setUp({ editable: false })
    expect(screen.queryByRole('radio', { name: /Stems/ })).toBeNull()
  })
})
