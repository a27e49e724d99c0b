import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubEventSource } from '@/testing/browser'
import { aJob, aManifest, aModel, aRecording, aStrategy } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

const EMPTY = { items: [], total: 0, limit: 50, offset: 0 }
const JOB = aJob({ id: 'job-7', strategy: 'successive', state: 'failed' })
const ANSWERS = {
  'GET /api/recordings': EMPTY,
  'GET /api/jobs': EMPTY,
  'GET /api/jobs/job-7': JOB,
  'GET /api/jobs/job-7/manifest': aManifest(),
  'GET /api/recordings/recording-1': aRecording({ latestJob: aJob({ state: 'queued' }) }),
  'GET /api/strategies': [aStrategy()],
  'GET /api/models': [aModel()],
}

beforeEach(stubEventSource)

const heading = (name: string) => screen.findByRole('heading', { level: 1, name })

describe('each address shows its page', () => {
  it.each([
    ['/p/demo', 'Demo'],
    ['/p/demo/recordings/recording-1', 'Lithium'],
    ['/p/demo/recordings/recording-1/jobs/job-7', 'Lithium'],
    ['/p/demo/clips/clip-1', 'There is no such clip'],
    ['/s/token', 'This link opens nothing'],
    ['/queue', 'Queue'],
    ['/settings', 'Settings'],
    ['/strategies', 'Strategies'],
    ['/sign-in', 'This Stemset is closed'],
    ['/nowhere/at/all', 'There is nothing at this address'],
  ])('%s', async (path, title) => {
    const { history } = renderPage(path, ANSWERS)
    expect(await heading(title)).toBeVisible()
    expect(history.location.pathname).toBe(path)
  })
})

describe('what an address names', () => {
  it('is the profile of a list, with what it is narrowed to', async () => {
    const list = vi.fn(() => EMPTY)
    renderPage('/p/demo?q=lith&tag=live&sort=title', { ...ANSWERS, 'GET /api/recordings': list })
    await waitFor(() => expect(list).toHaveBeenCalled())
    const [url] = list.mock.calls[0] as unknown as [URL]
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      profile: 'demo',
      q: 'lith',
      tag: 'live',
      sort: 'title',
    })
  })

  it('is the job of a recording, also an older one', async () => {
    renderPage('/p/demo/recordings/recording-1?job=job-7', ANSWERS)
    expect(await screen.findByText(/successive/)).toBeVisible()
  })

  it('is the token of a shared link', async () => {
    const open = vi.fn(() => problem(404, 'There is no such link.'))
    renderPage('/s/a-long-token', { 'GET /api/shares/a-long-token': open })
    expect(await heading('This link opens nothing')).toBeVisible()
    expect(open).toHaveBeenCalledOnce()
  })
})

describe('an address that leads nowhere', () => {
  it('leads to the recordings', async () => {
    renderPage('/nowhere', ANSWERS)
    expect(await screen.findByRole('link', { name: 'To the recordings' })).toHaveAttribute('href', '/')
  })
})

describe('a page that cannot be shown', () => {
  it('says why, and can be tried again', async () => {
    let answer: unknown = problem(503, 'The database does not answer.')
    const { history } = renderPage('/', { ...ANSWERS, 'GET /api/config': () => answer })
    expect(await heading('This page could not be shown')).toBeVisible()
    expect(screen.getByRole('alert')).toHaveTextContent('The database does not answer.')
    answer = {
      version: '1',
      defaultProfile: 'demo',
      limits: { maxBytes: 1, maxDurationS: 1, maxChannels: 2 },
      formats: [],
    }
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(history.location.pathname).toBe('/p/demo'))
  })
})

describe('after signing in', () => {
  const signIn = async (path: string) => {
    const { history } = renderPage(path, { ...ANSWERS, 'POST /api/session': { closed: true, signedIn: true } })
    await userEvent.type(await screen.findByLabelText('Key'), 'the key{Enter}')
    return history
  }

  it('the page goes on to where one was going', async () => {
    const history = await signIn('/sign-in?next=/settings')
    expect(await heading('Settings')).toBeVisible()
    expect(history.location.pathname).toBe('/settings')
  })

  it('the page does not leave for another server', async () => {
    const history = await signIn('/sign-in?next=//elsewhere.example')
    await waitFor(() => expect(history.location.pathname).toBe('/p/demo'))
  })
})
