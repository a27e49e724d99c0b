import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it } from 'vitest'
import { renderPart } from '@/testing/page'
import { AppHeader } from './AppHeader'

beforeEach(() => {
  localStorage.clear()
  document.documentElement.dataset.theme = 'dark'
})

it('leads to the content, the recordings, the strategies and the settings', async () => {
  renderPart(<AppHeader>Here</AppHeader>)
  expect(await screen.findByRole('link', { name: 'Skip to content' })).toHaveAttribute('href', '#content')
  expect(screen.getByRole('link', { name: 'stemset' })).toHaveAttribute('href', '/')
  expect(screen.getAllByRole('link', { name: 'Strategies', hidden: true })[0]).toHaveAttribute('href', '/strategies')
  expect(screen.getAllByRole('link', { name: 'Settings', hidden: true })[0]).toHaveAttribute('href', '/settings')
})

it('switches between the dark and the light theme, and remembers it', async () => {
  renderPart(<AppHeader />)
  await userEvent.click(await screen.findByRole('button', { name: 'Use the light theme' }))
  expect(document.documentElement.dataset.theme).toBe('light')
  expect(localStorage.getItem('stemset.theme')).toBe('light')
  expect(screen.getByRole('button', { name: 'Use the dark theme' })).toBeVisible()
})
