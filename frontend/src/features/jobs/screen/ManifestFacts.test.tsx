import { render, screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '@/api/generated/types.gen'
import { aJob, aManifest, aNode } from '@/testing/data'
import { InputFacts, RunFacts, StemFacts, StepFacts } from './ManifestFacts'

const fact = (name: string) => screen.getByText(name).nextElementSibling
const [NODE, CACHED] = aManifest().nodes as [Manifest['nodes'][number], Manifest['nodes'][number]]
const [STEM] = aManifest().stems as [Manifest['stems'][number]]

describe('the steps of a job', () => {
  const row = (name: RegExp) => within(screen.getByRole('table')).getByRole('row', { name })

  it('are called by the titles that the job has for them, else by their models', () => {
    render(<StepFacts job={aJob({ nodes: [aNode({ path: 'root', title: 'Drums first' })] })} manifest={aManifest()} />)
    expect(row(/Drums first/)).toHaveTextContent('2.5 s')
    expect(row(/low/)).toHaveTextContent('from cache')
  })

  it('tell with which parameters and which weights they ran', () => {
    const node = { ...NODE, params: { overlap: 0.25 }, weights_sha256: { 'voice.onnx': '0123456789abcdef' } }
    render(<StepFacts job={aJob()} manifest={aManifest({ nodes: [node] })} />)
    expect(screen.getByText('Parameters: overlap 0.25')).toBeVisible()
    expect(screen.getByText('0123456789ab')).toBeVisible()
    expect(screen.getByTitle('0123456789abcdef')).toHaveTextContent('Weights: voice.onnx')
  })

  it('stand further to the right the deeper they are', () => {
    render(<StepFacts job={aJob()} manifest={aManifest({ nodes: [NODE, CACHED] })} />)
    const heads = screen.getAllByRole('rowheader')
    expect(heads.map(({ style }) => style.paddingLeft)).toEqual(['0px', '20px'])
  })

  it('say nothing of a cache that nothing came from', () => {
    render(<StepFacts job={aJob()} manifest={aManifest({ nodes: [NODE] })} />)
    expect(screen.getByText('2.5 s of computing')).toBeVisible()
  })
})

describe('the stems of a job', () => {
  it('are measured: loudness, peak and size', () => {
    render(<StemFacts manifest={aManifest({ stems: [{ ...STEM, name: 'drums', peak: 1, bytes: 2500 }] })} />)
    const row = screen.getByRole('row', { name: /Drums/ })
    expect(
      within(row)
        .getAllByRole('cell')
        .map(({ textContent }) => textContent),
    ).toEqual(['−14.2 LUFS', '0.0 dB', '2.5 kB'])
  })

  it('may be silent', () => {
    render(<StemFacts manifest={aManifest({ stems: [{ ...STEM, lufs: null, peak: 0 }] })} />)
    const cells = screen.getAllByRole('cell').map(({ textContent }) => textContent)
    expect(cells.slice(0, 2)).toEqual(['silent', '−∞ dB'])
  })

  it.each([
    [-200, 'nothing: they add up to the song bit for bit'],
    [-112, '−112.0 dBFS at most'],
    [null, 'not known: a stem was left out on purpose'],
  ])('add up to the song: %s dB', (residual, words) => {
    render(<StemFacts manifest={aManifest({ sum_to_mixture_db: residual })} />)
    expect(fact('Stems minus song')).toHaveTextContent(words)
  })

  it.each([
    [1, 'none'],
    [0.5, '−6.02 dB on all files, so that none clips'],
  ])('have a gain in common: %f', (gain, words) => {
    render(<StemFacts manifest={aManifest({ common_gain: gain })} />)
    expect(fact('Common gain')).toHaveTextContent(words)
  })
})

describe('the song as it came', () => {
  it('is told as it was, before anything was done to it', () => {
    render(<InputFacts manifest={aManifest()} />)
    expect(fact('Length')).toHaveTextContent('1:00')
    expect(fact('Container')).toHaveTextContent('wav')
    expect(fact('Sample rate')).toHaveTextContent('44.1 kHz')
    expect(fact('Channels')).toHaveTextContent('2')
    expect(fact('SHA-256')).toHaveTextContent('abc')
  })

  it('is left out where it could not be read', () => {
    const { container } = render(<InputFacts manifest={aManifest({ input: null })} />)
    expect(container).toBeEmptyDOMElement()
  })
})

it('the run tells where, how long, and with which versions', () => {
  render(<RunFacts job={aJob()} manifest={aManifest()} />)
  expect(fact('Device')).toHaveTextContent('cuda')
  expect(fact('Took')).toHaveTextContent('4.0 s')
  const versions = within(fact('Versions') as HTMLElement).getAllByRole('listitem')
  expect(versions.map(({ textContent }) => textContent)).toEqual(['stemset 0.1.0', 'torch 2.13.0'])
})
