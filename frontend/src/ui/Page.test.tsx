import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { renderPart } from '@/testing/page'
import { LoadingLine } from './LoadingLine'
import { Page, Section } from './Page'
import { ProfileLink } from './ProfileLink'

describe('a page', () => {
  it('names the tab, and has one main part that the first link leads to', async () => {
    renderPart(<Page title="Queue · Stemset">Here</Page>)
    expect(await screen.findByRole('main')).toHaveAttribute('id', 'content')
    expect(screen.getByRole('main')).toHaveTextContent('Here')
    await waitFor(() => expect(document.title).toBe('Queue · Stemset'))
  })

  it('has its crumb in the header', async () => {
    renderPart(
      <Page title="x" crumb={<span>You are here</span>}>
        Here
      </Page>,
    )
    expect(within(await screen.findByRole('banner')).getByText('You are here')).toBeVisible()
  })
})

describe('a section', () => {
  it('is a region under its title', async () => {
    renderPart(
      <Section title="Stems" note="Four of them">
        drums
      </Section>,
    )
    const section = await screen.findByRole('region', { name: 'Stems' })
    expect(section).toHaveTextContent('Four of them')
    expect(within(section).getByRole('heading', { level: 2, name: 'Stems' })).toBeVisible()
  })

  it('is one of its own beside another of the same title', async () => {
    renderPart(
      <>
        <Section title="Stems">drums</Section>
        <Section title="Stems">bass</Section>
      </>,
    )
    const sections = await screen.findAllByRole('region', { name: 'Stems' })
    expect(sections.map(({ textContent }) => textContent)).toEqual(['Stemsdrums', 'Stemsbass'])
  })
})

it('a line for loading is spoken, but interrupts nobody', async () => {
  renderPart(<LoadingLine>Loading the jobs…</LoadingLine>)
  expect(await screen.findByRole('status')).toHaveTextContent('Loading the jobs…')
})

describe('the way to a profile', () => {
  it('is called by the profile’s title', async () => {
    renderPart(<ProfileLink name="demo" title="Demo songs" />)
    expect(await screen.findByRole('link', { name: 'Demo songs' })).toHaveAttribute('href', '/p/demo')
  })

  it('is called by its name until the title is known', async () => {
    renderPart(<ProfileLink name="demo" title={undefined} />)
    expect(await screen.findByRole('link', { name: 'demo' })).toBeVisible()
  })
})
