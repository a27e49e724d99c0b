import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { StrategyNode } from '@/api/generated/types.gen'
import { aModel, aStrategy } from '@/testing/data'
import { problem, renderPart } from '@/testing/page'
import { Prepare } from './Prepare'
import { StrategyCard } from './StrategyCard'

const ROOT: StrategyNode = {
  path: 'root',
  parent: null,
  slot: null,
  models: [{ name: 'voice', title: 'Voice network' }],
  blend: null,
  stems: { vocals: 'vocals' },
}
const CHILD: StrategyNode = {
  ...ROOT,
  path: 'root/not_vocals',
  parent: 'root',
  slot: 'not_vocals',
  models: [{ name: 'drums', title: 'Drum network' }],
  stems: { drums: 'drums' },
}
const MODELS = [
  aModel({ name: 'voice', slots: { vocals: 'Singing.', not_vocals: 'The rest.' }, sizeBytes: 60e6, licence: 'MIT' }),
  aModel({ name: 'drums', slots: { drums: 'Drums.', not_drums: 'The rest.' }, sizeBytes: 40e6, licence: null }),
]

const open = async (change = {}) => {
  const strategy = aStrategy({ name: 'two', summary: 'Voice, then drums.', nodes: [ROOT, CHILD], ...change })
  renderPart(<StrategyCard strategy={strategy} models={MODELS} />)
  return within(await screen.findByRole('article', { name: 'two' }))
}

describe('a strategy', () => {
  it('is drawn as its tree: what goes on into the next model, what is kept, what is not', async () => {
    const card = await open()
    const tree = within(card.getByRole('group', { name: 'Tree of two' }))
    const rows = tree.getAllByRole('listitem').map(({ textContent }) => textContent)
    expect(rows).toEqual([
      'vocals→Vocals',
      'not_vocals→Drum networkdrums→Drumsnot_drums→not kept',
      'drums→Drums',
      'not_drums→not kept',
    ])
    expect(tree.getByTitle('Singing.')).toHaveTextContent('vocals')
  })

  it('adds up the weights of its models, and names each licence once, stated or not', async () => {
    const card = await open()
    expect(card.getByText(/100 MB of weights · licence: MIT, not stated/)).toBeVisible()
  })

  it('is free of licences and downloads where its models need no weights', async () => {
    renderPart(
      <StrategyCard
        strategy={aStrategy({ nodes: [{ ...ROOT, models: [{ name: 'plain', title: 'Plain' }] }] })}
        models={[aModel({ name: 'plain', sizeBytes: 0, weights: 'none' })]}
      />,
    )
    expect(await screen.findByText(/no weights to download$/)).toBeVisible()
  })

  it.each<[string, object]>([
    ['ready', {}],
    ['not prepared', { ready: false }],
    ['preparing, 41 %', { ready: false, preparing: 0.419 }],
  ])('says in a word how it stands: %s', async (word, change) => {
    const card = await open(change)
    expect(card.getAllByText(word)[0]).toBeVisible()
  })

  it('lists each of its models once', async () => {
    const again = { ...CHILD, path: 'root/again', slot: 'vocals', models: ROOT.models, stems: {} }
    const card = await open({ nodes: [ROOT, CHILD, again] })
    expect(card.getByText('2 models: weights, licence, published quality')).toBeVisible()
  })
})

describe('preparing a strategy', () => {
  const ABSENT = aStrategy({ name: 'two', ready: false, downloadBytes: 67e6, missing: ['voice', 'drums'] })
  const setUp = (answer: unknown) => {
    const prepare = vi.fn(() => answer)
    renderPart(<Prepare strategy={ABSENT} />, { 'POST /api/strategies/two/prepare': prepare })
    return prepare
  }

  it('tells what is missing, and how much is downloaded', async () => {
    setUp(ABSENT)
    expect(await screen.findByText(/Missing on this server: voice and drums\. Downloads 67 MB once/)).toBeVisible()
  })

  it('is asked for once', async () => {
    const prepare = setUp(new Promise(() => {}))
    const button = await screen.findByRole('button', { name: 'Prepare two' })
    await userEvent.click(button)
    await userEvent.click(button)
    expect(prepare).toHaveBeenCalledOnce()
    expect(button).toBeDisabled()
  })

  it('can be tried again after it failed', async () => {
    setUp(problem(503, 'No network.'))
    await userEvent.click(await screen.findByRole('button', { name: 'Prepare two' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('Not prepared: No network.')
    expect(screen.getByRole('button', { name: 'Try again to prepare two' })).toBeEnabled()
  })
})
