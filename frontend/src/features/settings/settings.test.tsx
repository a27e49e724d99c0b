import { act, renderHook, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it } from 'vitest'
import type { Health } from '@/api/generated/types.gen'
import { aStrategy } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'
import { setDefaultStrategy, useDefaultStrategy } from './defaultStrategy'

const HEALTH: Health = {
  status: 'ok',
  version: '0.1.0',
  database: true,
  storage: true,
  worker: true,
  queued: 2,
  running: 1,
}
const STRATEGIES = [aStrategy(), aStrategy({ name: 'other_way' })]

function open(health: unknown = HEALTH) {
  renderPage('/settings', { 'GET /api/health': health, 'GET /api/strategies': STRATEGIES })
}

beforeEach(() => localStorage.clear())

it('keeps the theme, or follows the system', async () => {
  open()
  const user = userEvent.setup()
  expect(await screen.findByRole('radio', { name: 'As the system' })).toBeChecked()
  await user.click(screen.getByRole('radio', { name: 'Light' }))
  expect(document.documentElement.dataset.theme).toBe('light')
  await user.click(screen.getByRole('radio', { name: 'As the system' }))
  expect(localStorage.getItem('stemset.theme')).toBeNull()
  expect(document.documentElement.dataset.theme).toBe('dark')
})

it('keeps a strategy for each profile in this browser', async () => {
  open()
  const choice = await screen.findByRole('combobox', { name: 'Strategy for Demo' })
  await userEvent.selectOptions(choice, 'other_way')
  expect(renderHook(() => useDefaultStrategy('demo', STRATEGIES)).result.current).toBe('other_way')
  await userEvent.selectOptions(choice, 'The profile’s own: instant')
  expect(renderHook(() => useDefaultStrategy('demo', STRATEGIES)).result.current).toBeNull()
})

it('forgets a strategy that is not offered any more', () => {
  act(() => setDefaultStrategy('demo', 'gone'))
  expect(renderHook(() => useDefaultStrategy('demo', STRATEGIES)).result.current).toBeNull()
})

it('chooses it at first where songs are dropped', async () => {
  setDefaultStrategy('demo', 'other_way')
  renderPage('/p/demo', {
    'GET /api/recordings': { items: [], total: 0, limit: 50, offset: 0 },
    'GET /api/strategies': STRATEGIES,
  })
  await waitFor(() => expect(screen.getByRole('combobox', { name: /How to separate/ })).toHaveTextContent('other_way'))
})

it('tells what the server is and what its queue holds', async () => {
  open()
  expect(await screen.findByText('1 job running, 2 waiting')).toBeVisible()
  expect(await screen.findByText('Stemset 0.1.0')).toBeVisible()
  expect(screen.getByText('up to 2 MB, 30 minutes and 8 channels')).toBeVisible()
  expect(screen.getByRole('link', { name: 'API documentation' })).toHaveAttribute('href', '/docs')
})

it('names the parts that do not answer, and says when no worker is there', async () => {
  const health = { ...HEALTH, status: 'degraded', storage: false, worker: false }
  open(Response.json(health, { status: 503 }))
  expect(await screen.findByText('in trouble: no answer from the storage')).toBeVisible()
  expect(screen.getByText(/none takes jobs/)).toBeVisible()
})

it('says that the strategies could not be read, and reads them again on request', async () => {
  let answer: unknown = problem(503, 'Busy.')
  renderPage('/settings', { 'GET /api/health': HEALTH, 'GET /api/strategies': () => answer })
  expect(await screen.findByText('The profiles and strategies could not be read.')).toHaveRole('alert')
  answer = STRATEGIES
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('combobox', { name: 'Strategy for Demo' })).toBeVisible()
})

it('says that the server does not answer, and still tells what it knows', async () => {
  open(problem(502, 'Bad gateway'))
  expect(await screen.findByText('The server does not answer; trying again…')).toHaveRole('alert')
  expect(await screen.findByText('Stemset 0.1.0')).toBeVisible()
})

it('tells of a queue with nothing in it', async () => {
  open({ ...HEALTH, queued: 0, running: 0 })
  expect(await screen.findByText('empty')).toBeVisible()
  expect(screen.getByText('ready for jobs')).toBeVisible()
})

it('says how recordings are kept on this device', async () => {
  open()
  const section = await screen.findByRole('region', { name: 'On this device' })
  expect(section).toHaveTextContent('The player’s Export sheet keeps one.')
})
