import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { aModel, aStrategy } from '@/testing/data'
import { problem, renderPage } from '@/testing/page'

const NETWORK = aModel({
  name: 'voice.onnx',
  title: 'Voice network',
  slots: { vocals: 'Singing.', not_vocals: 'The rest.' },
  weights: 'absent',
  scores: [{ slot: 'vocals', sdrDb: 10.98, source: 'A leaderboard' }],
  files: [
    { name: 'voice.onnx', bytes: 66_000_000, present: false },
    { name: 'voice.yaml', bytes: 900, present: true },
  ],
})
const ABSENT = aStrategy({
  name: 'voice',
  quality: 'good',
  nodes: [
    {
      path: 'root',
      parent: null,
      slot: null,
      models: [{ name: 'voice.onnx', title: 'Voice network' }],
      blend: null,
      stems: { vocals: 'vocals', not_vocals: 'instrumental' },
    },
  ],
  ready: false,
  downloadBytes: 67_000_000,
  missing: ['voice.onnx'],
})

function open(strategy = ABSENT, more = {}) {
  renderPage('/strategies', { 'GET /api/strategies': [strategy], 'GET /api/models': [NETWORK], ...more })
}

it('draws each strategy as a tree of models, slots and stems', async () => {
  open()
  const tree = within(await screen.findByRole('group', { name: 'Tree of voice' }))
  expect(tree.getByText('Voice network')).toBeVisible()
  expect(tree.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    'vocals→Vocals',
    'not_vocals→Instrumental',
  ])
})

it('draws the models of an ensemble together, and how they are blended', async () => {
  const [node] = ABSENT.nodes
  if (!node) throw new Error('a strategy has a node')
  const models = [...node.models, { name: 'choir.onnx', title: 'Choir network' }]
  open({ ...ABSENT, nodes: [{ ...node, models, blend: { kind: 'average', domain: 'spectrum', weights: [2, 1] } }] })
  const tree = within(await screen.findByRole('group', { name: 'Tree of voice' }))
  expect(tree.getByText('Voice network')).toBeVisible()
  expect(tree.getByText('+ Choir network')).toBeVisible()
  expect(tree.getByText('average of their spectra, weighted 2 : 1')).toBeVisible()
})

it('tells quality, time, size and licence', async () => {
  open()
  expect(
    await screen.findByText('good quality · about 14 s for a song of 4 minutes here · 67 MB of weights · licence: MIT'),
  ).toBeVisible()
})

it('tells what was published of each model, and which of its files are here', async () => {
  open()
  await userEvent.click(await screen.findByText(/^1 model:/))
  expect(screen.getByText(/vocals 10\.98 dB/)).toHaveTextContent('A leaderboard')
  expect(screen.getByText('voice.onnx').closest('li')).toHaveTextContent('not here')
  expect(screen.getByText('voice.yaml').closest('li')).toHaveTextContent(/^here/)
})

it('prepares a strategy, and shows how far that is', async () => {
  let strategy = ABSENT
  const prepare = vi.fn(() => {
    strategy = { ...ABSENT, preparing: 0.42 }
    return strategy
  })
  open(ABSENT, { 'GET /api/strategies': () => [strategy], 'POST /api/strategies/voice/prepare': prepare })
  await userEvent.click(await screen.findByRole('button', { name: 'Prepare voice' }))
  expect(await screen.findByRole('progressbar', { name: 'Preparing voice' })).toHaveAttribute('aria-valuenow', '42')
  strategy = { ...ABSENT, ready: true, missing: [], preparing: null }
  await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('voice is ready.'))
  expect(screen.queryByRole('button', { name: 'Prepare voice' })).toBeNull()
})

it('says why a preparation failed, with the command to run', async () => {
  open({ ...ABSENT, failure: 'No network here. Run `stemset models download voice.onnx` where there is one.' })
  const alert = await screen.findByRole('alert')
  expect(alert).toHaveTextContent('Not prepared: No network here.')
  expect(within(alert).getByText('stemset models download voice.onnx').tagName).toBe('CODE')
})

it('names the command that does the same when the server would not', async () => {
  open(ABSENT, { 'POST /api/strategies/voice/prepare': problem(503, 'No worker is there.') })
  await userEvent.click(await screen.findByRole('button', { name: 'Prepare voice' }))
  const alert = await screen.findByRole('alert')
  expect(alert).toHaveTextContent('Not prepared: No worker is there.')
  expect(within(alert).getByText('stemset models download voice').tagName).toBe('CODE')
})

it('offers no download where none would help', async () => {
  open({ ...ABSENT, downloadBytes: 0, missing: ['the extra `ml`'] })
  expect(await screen.findByText(/Missing on this server: the extra/)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Prepare voice' })).toBeNull()
})

it('says why the strategies could not be read', async () => {
  open(ABSENT, { 'GET /api/models': problem(503, 'The disk does not answer.') })
  expect(await screen.findByText('The disk does not answer.')).toBeVisible()
})

it('is reached from every page', async () => {
  renderPage('/nowhere', {})
  const pages = await screen.findByRole('navigation', { name: 'Pages' })
  expect(within(pages).getAllByRole('link', { name: 'Strategies', hidden: true })[0]).toHaveAttribute(
    'href',
    '/strategies',
  )
})
