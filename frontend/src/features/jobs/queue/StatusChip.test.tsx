import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { HEALTH } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { OfflineNote, StatusChip } from './StatusChip'

const chip = async (health: unknown) => {
  renderPart(<StatusChip />, { 'GET /api/health': health })
  return screen.findByRole('link')
}

describe('the state of the service', () => {
  it.each<[string, unknown, string]>([
    ['at rest', HEALTH, 'worker ready · queue empty. Open the queue.'],
    ['at work', { ...HEALTH, running: 1, queued: 2 }, 'worker ready · 1 running, 2 waiting. Open the queue.'],
    ['without a worker', { ...HEALTH, worker: false, queued: 1 }, 'no worker runs · 1 waiting. Open the queue.'],
    ['away', problem(502, 'Bad gateway'), 'server does not answer. Open the queue.'],
  ])('is told in the name of the way to the queue: %s', async (_, health, name) => {
    const link = await chip(health)
    expect(link).toHaveAccessibleName(name)
    expect(link).toHaveAttribute('href', '/queue')
  })

  it('is a number where there is no room for words', async () => {
    expect(await chip({ ...HEALTH, running: 1, queued: 2 })).toHaveTextContent('3')
  })
})

describe('the note that the server is away', () => {
  it('is spoken at once', async () => {
    renderPart(<OfflineNote />, { 'GET /api/health': problem(502, 'Bad gateway') })
    expect(await screen.findByRole('alert')).toHaveTextContent('The server does not answer.')
  })

  it('is not there while it answers', async () => {
    renderPart(
      <>
        <StatusChip />
        <OfflineNote />
      </>,
    )
    await screen.findByRole('link')
    expect(screen.queryByRole('alert')).toBeNull()
  })
})
