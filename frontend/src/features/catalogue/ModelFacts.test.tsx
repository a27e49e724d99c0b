import { render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { aModel } from '@/testing/data'
import { ModelFacts } from './ModelFacts'

const fact = (name: string) => screen.getByText(name).nextElementSibling

describe('what is known of a model', () => {
  it('is its quality by source, its licence and where it runs', () => {
    render(
      <ModelFacts
        model={aModel({
          scores: [
            { slot: 'vocals', sdrDb: 10.123, source: 'MVSEP' },
            { slot: 'instrumental', sdrDb: 16.5, source: 'MVSEP' },
            { slot: 'vocals', sdrDb: 9, source: 'the paper' },
          ],
        })}
      />,
    )
    const sources = [...(fact('Published SDR')?.querySelectorAll('li') ?? [])].map(({ textContent }) => textContent)
    expect(sources).toEqual(['vocals 10.12 dB, instrumental 16.50 dB · MVSEP', 'vocals 9.00 dB · the paper'])
    expect(fact('Licence of the weights')).toHaveTextContent('MIT')
    expect(fact('Where it runs')).toHaveTextContent('Runs well on a CPU.')
  })

  it('is which of its files are here', () => {
    const files = [
      { name: 'model.onnx', bytes: 67_000_000, present: true },
      { name: 'model.yaml', bytes: null, present: false },
    ]
    render(<ModelFacts model={aModel({ files })} />)
    const rows = [...(fact('Weight files')?.querySelectorAll('li') ?? [])].map(({ textContent }) => textContent)
    expect(rows).toEqual(['heremodel.onnx67 MB', 'not heremodel.yaml'])
  })

  it('is that it needs no weights, and then no licence', () => {
    render(<ModelFacts model={aModel({ weights: 'none' })} />)
    expect(fact('Weight files')).toHaveTextContent('needs no weights')
    expect(screen.queryByText('Licence of the weights')).toBeNull()
  })

  it('is that nobody has published a figure or a licence', () => {
    render(<ModelFacts model={aModel({ licence: null })} />)
    expect(fact('Published SDR')).toHaveTextContent('none that compares')
    expect(fact('Licence of the weights')).toHaveTextContent('not stated by the author')
  })
})
