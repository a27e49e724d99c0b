import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Uploads } from '@/features/upload'
import { stubEventSource } from '@/testing/browser'
import { aJob, aRecording, aStrategy, DEMO } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

const EMPTY = { items: [], total: 0, limit: 50, offset: 0 }
const ANSWERS = { 'GET /api/recordings': EMPTY, 'GET /api/strategies': [aStrategy()] }

beforeEach(() => {
  localStorage.clear()
  stubEventSource()
})

describe('several uploads', () => {
  const setUp = async (names: readonly string[]) => {
    const uploads = new Uploads(() => new Promise(() => {}))
    renderPage('/p/demo', ANSWERS, uploads)
    const field = await screen.findByLabelText('choose files')
    await userEvent.upload(
      field,
      names.map((name) => new File(['sound'], name, { type: 'audio/wav' })),
    )
    return { uploads, states: () => uploads.snapshot().map(({ state }) => state) }
  }

  it('are paused and go on together', async () => {
    const { states } = await setUp(['a.wav', 'b.wav', 'c.wav'])
    expect(states()).toEqual(['sending', 'sending', 'waiting'])
    await userEvent.click(screen.getByRole('button', { name: 'Pause all' }))
    expect(states()).toEqual(['paused', 'paused', 'paused'])
    expect(screen.queryByRole('button', { name: 'Pause all' })).toBeNull()
    await userEvent.click(screen.getByRole('button', { name: 'Go on with all' }))
    expect(states().filter((state) => state === 'paused')).toEqual([])
  })

  it('are not offered that where there is only one', async () => {
    await setUp(['a.wav'])
    expect(await screen.findByRole('button', { name: 'Pause uploading a.wav' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Pause all' })).toBeNull()
  })

  it('have their messages cleared together', async () => {
    const { uploads } = await setUp([])
    uploads.add([new File([], 'a.wav'), new File([], 'b.wav')], 'demo', 'instant', undefined)
    expect(await screen.findAllByRole('alert')).toHaveLength(2)
    await userEvent.click(screen.getByRole('button', { name: 'Clear messages' }))
    expect(screen.queryByRole('list', { name: 'Uploads' })).toBeNull()
  })

  it('refuse at once what is larger than the server takes', async () => {
    const uploads = new Uploads(() => new Promise(() => {}))
    renderPage('/p/demo', ANSWERS, uploads)
    await screen.findByText(/up to 2 MB/)
    const large = new File(['x'], 'long.wav', { type: 'audio/wav' })
    Object.defineProperty(large, 'size', { value: 3_000_000 })
    await userEvent.upload(screen.getByLabelText('choose files'), large)
    expect(await screen.findByRole('alert')).toHaveTextContent('“long.wav” has 3 MB; the limit is 2 MB')
  })
})

describe('the profiles', () => {
  it('stand side by side, this one marked', async () => {
    const profiles = [DEMO, { ...DEMO, name: 'rehearsal', title: 'Rehearsal' }]
    renderPage('/p/rehearsal?q=x', { ...ANSWERS, 'GET /api/profiles': profiles })
    const [switches] = await screen.findAllByRole('navigation', { name: 'Profiles', hidden: true })
    if (!switches) throw new Error('there is a switch')
    const links = within(switches).getAllByRole('link', { hidden: true })
    expect(links.map((link) => [link.getAttribute('href'), link.getAttribute('aria-current')])).toEqual([
      ['/p/demo', null],
      ['/p/rehearsal', 'page'],
    ])
  })
})

describe('the strategy for new songs', () => {
  it('is the profile’s own', async () => {
    const strategies = [aStrategy({ name: 'six_stems' }), aStrategy()]
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/strategies': strategies })
    await waitFor(() => expect(screen.getByRole('combobox', { name: /How to separate/ })).toHaveTextContent('instant'))
  })

  it('says so when the list of them cannot be read', async () => {
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/strategies': problem(503, 'Busy.') })
    expect(await screen.findByText(/The list of strategies could not be read/)).toBeVisible()
  })
})

describe('the recordings', () => {
  const pages = (total: number) =>
    vi.fn(({ searchParams }: URL) => {
      const offset = Number(searchParams.get('offset') ?? 0)
      const count = Math.min(50, total - offset)
      const items = Array.from({ length: count }, (_, n) => {
        return aRecording({ id: `recording-${offset + n}`, title: `Song ${offset + n}` })
      })
      return { items, total, limit: 50, offset }
    })

  it('come page by page, all of them counted at once', async () => {
    const list = pages(60)
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/recordings': list })
    expect(await screen.findByText('60 recordings')).toBeVisible()
    expect(screen.queryByRole('link', { name: 'Song 55' })).toBeNull()
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }))
    expect(await screen.findByRole('link', { name: 'Song 55' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull()
  })

  it('say in a line how long they are and how they stand', async () => {
    const items = [
      aRecording({ id: 'a', title: 'A', durationS: 200 }),
      aRecording({ id: 'b', title: 'B', latestJob: aJob({ recordingId: 'b', state: 'queued', queuePosition: 2 }) }),
      aRecording({ id: 'c', title: 'C', latestJob: aJob({ recordingId: 'c', etaS: 38 }) }),
    ]
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/recordings': { ...EMPTY, items, total: 3 } })
    expect(await screen.findByText('3:20 · not separated yet')).toBeVisible()
    expect(screen.getByText('1:00 · number 2 in the queue · instant')).toBeVisible()
    expect(screen.getByText('1:00 · separating · 38 s left · instant')).toBeVisible()
  })

  it('can be heard in part while their job still runs', async () => {
    const job = aJob({ stems: ['drums'] })
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/recordings': { ...EMPTY, items: [aRecording({ latestJob: job })] } })
    expect(await screen.findByText('Ready to listen:')).toBeVisible()
    expect(screen.getByTitle('Drums')).toBeVisible()
  })

  it('are asked for again on request when they could not be read', async () => {
    let answer: unknown = problem(503, 'The database does not answer.')
    renderPage('/p/demo', { ...ANSWERS, 'GET /api/recordings': () => answer })
    expect(await screen.findByText('The database does not answer.')).toBeVisible()
    answer = { ...EMPTY, items: [aRecording()], total: 1 }
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('link', { name: 'Lithium' })).toBeVisible()
  })
})
