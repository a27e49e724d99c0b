import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stubDialog } from '@/testing/browser'
import { Button, buttonClass, IconButton } from './Button'
import { Chip, StemChip } from './Chip'
import { Dialog } from './Dialog'
import { ErrorLine } from './ErrorLine'
import { Facts } from './Facts'
import { Notice } from './Notice'
import { ProgressBar } from './ProgressBar'
import { Select } from './Select'
import { stemColour, stemLabel } from './stems'
import { WithCode } from './WithCode'

describe('Button', () => {
  it('submits nothing unless it is told to', () => {
    render(<Button>Go</Button>)
    expect(screen.getByRole('button', { name: 'Go' })).toHaveAttribute('type', 'button')
  })

  it('looks the same as a link that looks like one', () => {
    render(<Button look="primary">Go</Button>)
    for (const name of buttonClass('primary').split(' ')) expect(screen.getByRole('button')).toHaveClass(name)
  })

  it('with an icon only has its name as a tooltip, too', () => {
    render(<IconButton label="Pause">‖</IconButton>)
    expect(screen.getByRole('button', { name: 'Pause' })).toHaveAttribute('title', 'Pause')
  })
})

describe('chips', () => {
  it('repeat in colour what the words say, for the eye only', () => {
    const { container } = render(<Chip dot="good">ready</Chip>)
    expect(container.querySelector('.bg-good')).toHaveAttribute('aria-hidden', 'true')
  })

  it('name a stem in one letter for the eye, and in full for the ear', () => {
    render(<StemChip name="hi_hat" short />)
    expect(screen.getByTitle('Hi hat')).toHaveTextContent('HHi hat')
    expect(screen.getByText('H')).toHaveAttribute('aria-hidden', 'true')
  })
})

describe('stems', () => {
  it('have a label that people read', () => {
    expect(['drums', 'lead_vocals'].map(stemLabel)).toEqual(['Drums', 'Lead vocals'])
  })

  it('have a colour of their own, and a neutral one where nobody knows them', () => {
    expect(stemColour('vocals')).toBe('var(--vocals)')
    expect(stemColour('kazoo')).toBe('var(--residual)')
  })
})

describe('Dialog', () => {
  beforeEach(stubDialog)

  it('opens at once, under its title', () => {
    render(
      <Dialog title="Delete it?" onClose={() => undefined}>
        Really
      </Dialog>,
    )
    expect(screen.getByRole('dialog', { name: 'Delete it?' })).toHaveTextContent('Really')
  })

  it('says when it is closed', () => {
    const onClose = vi.fn()
    render(
      <Dialog title="Delete it?" onClose={onClose}>
        Really
      </Dialog>,
    )
    screen.getByRole('dialog').dispatchEvent(new Event('close'))
    expect(onClose).toHaveBeenCalledTimes(1)
  })
})

describe('what a dialog keeps', () => {
  beforeEach(stubDialog)

  it('is open once, however often it is drawn', () => {
    const showModal = vi.spyOn(HTMLDialogElement.prototype, 'showModal')
    const dialog = (words: string) => (
      <Dialog title="Delete it?" onClose={() => undefined}>
        {words}
      </Dialog>
    )
    const { rerender } = render(dialog('Really'))
    rerender(dialog('Really?'))
    expect(showModal).toHaveBeenCalledTimes(1)
    expect(screen.getByRole('dialog')).toHaveTextContent('Really?')
  })

  it('is its title, though another dialog has the same', () => {
    render(
      <>
        <Dialog title="Share" onClose={() => undefined}>
          one
        </Dialog>
        <Dialog title="Share" onClose={() => undefined}>
          other
        </Dialog>
      </>,
    )
    expect(screen.getAllByRole('dialog', { name: 'Share' })).toHaveLength(2)
  })
})

describe('ProgressBar', () => {
  it.each([
    [0, '0'],
    [0.614, '61'],
    [1.5, '100'],
    [-1, '0'],
  ])('shows %f as %s percent', (fraction, percent) => {
    render(<ProgressBar label="Upload" fraction={fraction} />)
    expect(screen.getByRole('progressbar', { name: 'Upload' })).toHaveAttribute('aria-valuenow', percent)
  })
})

describe('Select', () => {
  it('is named by its label, and tells the new value', async () => {
    const onChange = vi.fn()
    const options = ['instant', 'successive'].map((value) => ({ value, label: value }))
    render(<Select label="Strategy" value="instant" options={options} onChange={onChange} />)
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Strategy' }), 'successive')
    expect(onChange).toHaveBeenCalledWith('successive')
  })
})

describe('messages', () => {
  it('are spoken at once when they are urgent', () => {
    render(<Notice urgent title="It failed" />)
    expect(screen.getByRole('alert')).toHaveTextContent('It failed')
  })

  it('are read in their place when they are not', () => {
    render(<Notice title="Nothing here" level="h1" />)
    expect(screen.queryByRole('alert')).toBeNull()
    expect(screen.getByRole('heading', { level: 1, name: 'Nothing here' })).toBeVisible()
  })

  it('of one line are spoken at once', () => {
    render(<ErrorLine>It failed</ErrorLine>)
    expect(screen.getByRole('alert')).toHaveTextContent('It failed')
  })
})

it('facts stand beside their names', () => {
  render(
    <Facts
      facts={[
        ['Codec', 'flac'],
        ['Channels', 2],
      ]}
    />,
  )
  expect(screen.getAllByRole('term').map(({ textContent }) => textContent)).toEqual(['Codec', 'Channels'])
  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual(['flac', '2'])
})

it('commands between backticks are set as code', () => {
  const { container } = render(<WithCode>{'Run `stemset serve` or `make dev`.'}</WithCode>)
  expect([...container.querySelectorAll('code')].map(({ textContent }) => textContent)).toEqual([
    'stemset serve',
    'make dev',
  ])
  expect(container).toHaveTextContent('Run stemset serve or make dev.')
})
