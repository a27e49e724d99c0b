import { describe, expect, it } from 'vitest'
import type { StrategyNode } from '@/api/generated/types.gen'
import { aModel, aStrategy } from '@/testing/data'
import { buildStrategyTree, depth, licencesOf, modelsOf } from './tree'

const ROOT: StrategyNode = {
  path: 'root',
  parent: null,
  slot: null,
  models: [{ name: 'voice.onnx', title: 'Voice' }],
  blend: null,
  stems: { vocals: 'vocals' },
}
const REST: StrategyNode = {
  path: 'root/not_vocals',
  parent: 'root',
  slot: 'not_vocals',
  models: [{ name: 'drums.onnx', title: 'Drums' }],
  blend: null,
  stems: { drums: 'drums' },
}
const MODELS = [
  aModel({ name: 'drums.onnx', slots: { drums: 'Drums.', not_drums: 'The rest.' }, licence: null }),
  aModel({ name: 'voice.onnx', slots: { vocals: 'Singing.', not_vocals: 'The rest.' } }),
  aModel({ name: 'unused.onnx' }),
]
const STRATEGY = aStrategy({ nodes: [ROOT, REST] })

describe('strategyTree', () => {
  it('leads each slot to its stem, to the next model, or to nothing', () => {
    const tree = buildStrategyTree(STRATEGY, MODELS)
    expect(tree?.branches).toMatchObject([
      { slot: 'vocals', to: 'stem', stem: 'vocals', description: 'Singing.' },
      {
        slot: 'not_vocals',
        to: 'model',
        model: {
          node: REST,
          branches: [
            { slot: 'drums', to: 'stem', stem: 'drums' },
            { slot: 'not_drums', to: 'discard' },
          ],
        },
      },
    ])
  })

  it('draws the slots that a strategy uses of a model that is not known', () => {
    expect(buildStrategyTree(STRATEGY, [])?.branches.map(({ slot }) => slot)).toEqual(['vocals', 'not_vocals'])
  })

  it('is nothing without nodes', () => expect(buildStrategyTree(aStrategy({ nodes: [] }), MODELS)).toBeNull())
})

it('counts how many models stand one behind another', () => {
  const tree = buildStrategyTree(STRATEGY, MODELS)
  expect(tree && depth(tree)).toBe(2)
})

it('names the models in the order of the tree, each once', () => {
  const twice = aStrategy({ nodes: [ROOT, REST, { ...REST, path: 'root/vocals', slot: 'vocals' }] })
  expect(modelsOf(twice, MODELS).map(({ name }) => name)).toEqual(['voice.onnx', 'drums.onnx'])
})

it('names all models of an ensemble', () => {
  const both = { ...ROOT, models: [...ROOT.models, ...REST.models] }
  expect(modelsOf(aStrategy({ nodes: [both] }), MODELS).map(({ name }) => name)).toEqual(['voice.onnx', 'drums.onnx'])
})

it('asks for licences of weights only, since what is built in comes with the program', () => {
  expect(licencesOf([...MODELS, aModel({ licence: 'own', weights: 'none' })])).toEqual([null, 'MIT'])
})
