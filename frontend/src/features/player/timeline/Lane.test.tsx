import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import type { StemSnapshot } from '@/audio'
import { renderPart } from '@/testing/page'
import { aTrack } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { stripOf } from '../state/mix'
import { LaneRow, PendingLane } from './Lane'

async function setUp(load: StemSnapshot['load']) {
  const session = aSession()
  const strip = stripOf(session.editor.snapshot().mix, 'vocals')
  const state: StemSnapshot = { ...strip, stem: 'vocals', audible: true, load }
  renderPart(<LaneRow session={session} track={aTrack('vocals')} strip={strip} state={state} />)
  await screen.findByRole('region', { name: 'Vocals' })
  return { ...session, user: userEvent.setup() }
}

describe('a lane', () => {
  it('has nothing to say of a stem that is there', async () => {
    await setUp({ kind: 'ready' })
    expect(screen.queryByText('Loading')).toBeNull()
  })

  it('says that its stem is loading, and that the connection is bad', async () => {
    await setUp({ kind: 'loading', retrying: true })
    expect(screen.getByText('The connection is bad; trying again')).toBeVisible()
  })

  it('says why its stem cannot be played, and tries again', async () => {
    const { player, user } = await setUp({ kind: 'failed', failure: 'missing' })
    expect(screen.getByRole('alert')).toHaveTextContent('Vocals cannot be played: its file is not on the server.')
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(player.calls).toContain('retry vocals')
  })

  it('keeps a place for a stem that is still being separated', async () => {
    renderPart(<PendingLane name="lead_vocals" />)
    expect(await screen.findByRole('region', { name: 'Lead vocals' })).toHaveTextContent('Still being separated')
  })
})
