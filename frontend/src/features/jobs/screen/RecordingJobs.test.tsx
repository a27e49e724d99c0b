import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubEventSource } from '@/testing/browser'
import { aJob, aRecording, aStrategy } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { RecordingJobs } from './RecordingJobs'
import { text } from './text'
import { Unavailable } from './Unavailable'

beforeEach(stubEventSource)

const done = (id: string, change = {}) => aJob({ id, state: 'succeeded', stems: ['drums'], ...change })

describe('the jobs of a recording', () => {
  const open = (jobs: unknown, shown?: string) =>
    renderPart(<RecordingJobs recording={aRecording()} {...(shown !== undefined && { shown })} />, {
      'GET /api/jobs': jobs,
      'GET /api/strategies': [aStrategy()],
    })
  const list = async () => within(await screen.findByRole('region', { name: 'All separations of this song' }))

  it('tell their strategy, how they ended, and which attempt that was', async () => {
    open({ items: [done('a'), done('b', { state: 'failed', stems: [], attempt: 3 })], total: 2, limit: 20, offset: 0 })
    const rows = (await list()).getAllByRole('listitem').filter((row) => /instant/.test(row.textContent ?? ''))
    expect(rows[0]).toHaveTextContent('separated')
    expect(rows[1]).toHaveTextContent('failed')
    expect(rows[1]).toHaveTextContent('attempt 3')
  })

  it('mark the one that the page is about, which needs no way to itself', async () => {
    open({ items: [done('a')], total: 1, limit: 20, offset: 0 }, 'a')
    expect((await list()).getByText(/shown here/)).toBeVisible()
    expect(screen.queryByRole('link', { name: 'Details of instant' })).toBeNull()
    expect(screen.getByRole('link', { name: 'Play the stems of instant' })).toBeVisible()
  })

  it('cannot be played without a stem, but looked at', async () => {
    open({ items: [done('a', { stems: [] })], total: 1, limit: 20, offset: 0 })
    expect(await screen.findByRole('link', { name: 'Details of instant' })).toBeVisible()
    expect(screen.queryByRole('link', { name: /Play the stems/ })).toBeNull()
  })

  it('come page by page', async () => {
    const page = vi.fn(({ searchParams }: URL) => {
      const offset = Number(searchParams.get('offset') ?? 0)
      const count = Math.min(20, 25 - offset)
      const items = Array.from({ length: count }, (_, n) => done(`job-${offset + n}`, { strategy: `s${offset + n}` }))
      return { items, total: 25, limit: 20, offset }
    })
    open(page)
    await userEvent.click(await screen.findByRole('button', { name: 'Show more' }))
    expect(await screen.findByRole('link', { name: 'Details of s24' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull()
  })

  it('say that they could not be read', async () => {
    open(problem(503, 'Busy.'))
    expect(await screen.findByRole('alert')).toHaveTextContent('The other jobs could not be read.')
  })
})

describe('a page without its subject', () => {
  const open = (error: unknown) => {
    const onRetry = vi.fn()
    renderPart(<Unavailable error={error} words={text} profileName="demo" onRetry={onRetry} />)
    return onRetry
  }

  it.each([
    ['the server says so', { status: 404, detail: 'There is no job x.' }],
    ['the answer is about something else', null],
  ])('is missing when %s: trying again would not help', async (_, error) => {
    open(error)
    expect(await screen.findByRole('heading', { level: 1, name: 'There is no such job' })).toBeVisible()
    expect(screen.queryByRole('alert')).toBeNull()
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    expect(screen.getByRole('link', { name: 'Back to the recordings' })).toHaveAttribute('href', '/p/demo')
  })

  it('is in trouble otherwise, and can be tried again', async () => {
    const onRetry = open({ status: 503, detail: 'The database does not answer.' })
    expect(await screen.findByRole('alert')).toHaveTextContent('The database does not answer.')
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(onRetry).toHaveBeenCalledOnce()
  })
})
