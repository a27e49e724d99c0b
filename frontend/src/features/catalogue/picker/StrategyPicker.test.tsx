import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { aStrategy } from '@/testing/data'
import { StrategyPicker } from './StrategyPicker'

const INSTANT = aStrategy({ name: 'instant', quality: 'preview' })
const SUCCESSIVE = aStrategy({
  name: 'successive',
  quality: 'best',
  summary: 'One network after another.',
  ready: false,
  downloadBytes: 84_000_000,
  missing: ['a.onnx', 'b.onnx'],
})

function setUp(value: string) {
  const onChange = vi.fn()
  render(<StrategyPicker strategies={[INSTANT, SUCCESSIVE]} value={value} onChange={onChange} />)
  return { onChange }
}

describe('StrategyPicker', () => {
  it('offers each strategy with what it makes and costs', async () => {
    const { onChange } = setUp('instant')
    await userEvent.click(screen.getByRole('combobox', { name: /How to separate/ }))
    const option = screen.getByRole('option', { name: /successive/ })
    expect(option).toHaveTextContent('best quality')
    expect(option).toHaveTextContent('downloads 84 MB first')
    expect(option).toHaveTextContent('needs download')
    await userEvent.click(option)
    expect(onChange).toHaveBeenCalledWith('successive')
  })

  it('warns that a preview is one', () => {
    setUp('instant')
    expect(screen.getByText(/This is a preview that needs no download/)).toBeVisible()
  })

  it('says what the chosen strategy needs first', () => {
    setUp('successive')
    expect(
      screen.getByText(/One network after another. Needs a download of 84 MB first \(2 model files\)/),
    ).toBeVisible()
  })
})
