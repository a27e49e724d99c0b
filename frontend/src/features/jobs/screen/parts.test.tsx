import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { aJob, aRecording, aStrategy, OLDER_JOB } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { JobSwitch } from './JobSwitch'
import { OlderNote } from './OlderNote'
import { SeparateAgain } from './SeparateAgain'

const DONE = aJob({ state: 'succeeded', stems: ['drums'] })

describe('the switch between separations', () => {
  it('offers each strategy’s, in the order in which they ran', async () => {
    renderPart(<JobSwitch job={DONE} />, {
      'GET /api/jobs': { items: [DONE, OLDER_JOB], total: 2, limit: 20, offset: 0 },
    })
    await screen.findByRole('navigation', { name: 'Separations of this song', hidden: true })
    const links = screen.getAllByRole('link', { name: /·/, hidden: true })
    expect(links.map((link) => link.getAttribute('href'))).toEqual([
      '/p/demo/recordings/recording-1?job=job-0',
      '/p/demo/recordings/recording-1?job=job-1',
    ])
    expect(links.map((link) => link.getAttribute('aria-current'))).toEqual([null, 'page'])
  })

  it('is not there for a single one, but its details are', async () => {
    renderPart(<JobSwitch job={DONE} />, { 'GET /api/jobs': { items: [DONE], total: 1, limit: 20, offset: 0 } })
    expect(await screen.findByRole('link', { name: 'Details' })).toHaveAttribute(
      'href',
      '/p/demo/recordings/recording-1/jobs/job-1',
    )
    expect(screen.queryByRole('navigation', { hidden: true })).toBeNull()
  })
})

describe('the note on an older separation', () => {
  it('leads to the newest', async () => {
    renderPart(<OlderNote job={OLDER_JOB} newest={DONE} />)
    expect(await screen.findByText(/An older separation: successive/)).toBeVisible()
    expect(screen.getByRole('link', { name: 'To the newest' })).toHaveAttribute(
      'href',
      '/p/demo/recordings/recording-1',
    )
  })

  it('is not there for the newest itself', async () => {
    renderPart(
      <>
        <p>beside</p>
        <OlderNote job={DONE} newest={DONE} />
      </>,
    )
    await screen.findByText('beside')
    expect(screen.queryByRole('link')).toBeNull()
  })
})

describe('separating again', () => {
  const strategies = [aStrategy(), aStrategy({ name: 'successive', quality: 'good' })]
  const again = (answer: unknown = DONE, jobs = [DONE]) => {
    const bodies: unknown[] = []
    renderPart(<SeparateAgain recording={aRecording()} jobs={jobs} strategies={strategies} />, {
      'POST /api/jobs': (body: unknown) => {
        bodies.push(body)
        return answer
      },
    })
    return bodies
  }

  it('proposes the first strategy that has not run on the song', async () => {
    const bodies = again()
    await userEvent.click(await screen.findByRole('button', { name: 'Separate' }))
    await waitFor(() => expect(bodies).toEqual([{ recordingId: 'recording-1', strategy: 'successive', force: false }]))
  })

  it('shows a job that has run already, unless it is forced to run again', async () => {
    const bodies = again(DONE, [DONE, OLDER_JOB])
    expect(await screen.findByText(/instant has run on this song/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Show that job' }))
    await waitFor(() => expect(bodies).toMatchObject([{ strategy: 'instant', force: false }]))
    await userEvent.click(screen.getByRole('checkbox', { name: 'Run it again all the same' }))
    await userEvent.click(screen.getByRole('button', { name: 'Separate' }))
    await waitFor(() => expect(bodies[1]).toMatchObject({ strategy: 'instant', force: true }))
  })

  it('says why it did not start', async () => {
    again(problem(409, 'The queue is full.'))
    await userEvent.click(await screen.findByRole('button', { name: 'Separate' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('The queue is full.')
  })
})
