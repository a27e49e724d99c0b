import { render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Breadcrumb } from './Breadcrumb'

const items = () => screen.getAllByRole('listitem', { hidden: true })

describe('Breadcrumb', () => {
  it('names this page last', () => {
    render(<Breadcrumb steps={[{ content: 'Demo' }, { content: 'Lithium' }]} />)
    const current = items().filter((item) => item.getAttribute('aria-current') === 'page')
    expect(current.map(({ textContent }) => textContent)).toEqual(['Lithium'])
  })

  it('separates the steps, and hides the separators from screen readers', () => {
    render(<Breadcrumb steps={[{ content: 'Demo' }, { content: 'Lithium' }, { content: 'Details' }]} />)
    expect(items().map(({ textContent }) => textContent)).toEqual(['Demo', '/', 'Lithium', '/', 'Details'])
    expect(items().filter((item) => item.getAttribute('aria-hidden') === 'true')).toHaveLength(2)
  })

  it('leaves a step out together with its separator where the screen is narrow', () => {
    render(
      <Breadcrumb
        steps={[{ content: 'Demo', from: 'lg' }, { content: 'Lithium' }, { content: 'Details', from: 'sm' }]}
      />,
    )
    const hidden = items().map(({ className }) => /hidden (\w\w):block/.exec(className)?.[1] ?? 'always')
    expect(hidden).toEqual(['lg', 'lg', 'always', 'sm', 'sm'])
  })
})
