import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubDialog } from '@/testing/browser'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { KEYS } from '../text'
import { Dialogs, type OpenDialog } from './Dialogs'
import { Actions, Crumbs, StrategyChip } from './Header'

beforeEach(stubDialog)

describe('the header of the player', () => {
  it('leads back to the profile, by its title, and names the song', async () => {
    renderPart(<Crumbs profileName="demo" title="Lithium" />)
    const back = await screen.findByRole('link', { name: 'Back to Demo' })
    expect(back).toHaveAttribute('href', '/p/demo')
    expect(screen.getByText('Lithium')).toHaveAttribute('aria-current', 'page')
  })

  it('leads back by the profile’s name while its title is not known', async () => {
    renderPart(<Crumbs profileName="attic" title="Lithium" />)
    expect(await screen.findByRole('link', { name: 'Back to attic' })).toHaveAttribute('href', '/p/attic')
  })

  it.each([
    [-112, 'instant4 stems · residual −112 dB'],
    [-200, 'instant4 stems · sum exactly to the song'],
    [null, 'instant4 stems'],
  ])('tells how exactly the stems add up: %s dB', async (sumToMixtureDb, words) => {
    renderPart(<StrategyChip data={aPlayer({ sumToMixtureDb })} />)
    expect(await screen.findByTitle(/Residual/)).toHaveTextContent(words)
  })

  it('offers to share only where something may be shared', async () => {
    const onExport = vi.fn()
    renderPart(<Actions onExport={onExport} />)
    await userEvent.click(await screen.findByRole('button', { name: 'Export' }))
    expect(onExport).toHaveBeenCalledOnce()
    expect(screen.queryByRole('button', { name: 'Share' })).toBeNull()
  })
})

describe('the sheets of the player', () => {
  const open = (dialog: OpenDialog | null, editable = true) => {
    const asked = { onOpen: vi.fn(), onClose: vi.fn() }
    const stems = ['drums', 'bass', 'vocals', 'other']
    renderPart(
      <>
        <p>beside</p>
        <Dialogs
          open={dialog}
          session={aSession({}, stems)}
          data={aPlayer()}
          title="Lithium"
          editable={editable}
          {...asked}
        />
      </>,
      { 'GET /api/recordings/recording-1/shares': [], 'GET /api/recordings/recording-1/clips': [] },
    )
    return asked
  }

  it('are closed at first', async () => {
    open(null)
    await screen.findByText('beside')
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('list every key and what it does', async () => {
    open('help')
    const sheet = within(await screen.findByRole('dialog', { name: 'Keyboard' }))
    expect(sheet.getAllByRole('term').map(({ textContent }) => textContent)).toEqual(KEYS.map(([keys]) => keys))
    expect(sheet.getAllByRole('definition')).toHaveLength(KEYS.length)
  })

  it('lead from the mixer to what can be shared', async () => {
    const { onOpen } = open('mixer')
    await userEvent.click(await screen.findByRole('button', { name: 'Share' }))
    expect(onOpen).toHaveBeenCalledExactlyOnceWith('share')
  })

  it('share nothing of a mix that is only listened to', async () => {
    open('mixer', false)
    expect(await screen.findByRole('dialog', { name: 'Mixer' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Share' })).toBeNull()
  })

  it('come when they are asked for: links and clips, and the export', async () => {
    open('share')
    expect(await screen.findByRole('dialog', { name: 'Share and clips' })).toBeVisible()
    open('export')
    await waitFor(() => expect(screen.getAllByRole('dialog')).toHaveLength(2))
  })
})
