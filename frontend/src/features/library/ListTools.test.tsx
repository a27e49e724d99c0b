import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ListTools, TagFilter } from './ListTools'
import type { ListView } from './view'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

function setUp(view: ListView = {}) {
  const onView = vi.fn()
  const { rerender } = render(<ListTools view={view} onView={onView} />)
  return { onView, show: (next: ListView) => rerender(<ListTools view={next} onView={onView} />) }
}

const field = () => screen.getByRole('searchbox', { name: 'Search recordings' })
const type = (value: string) => fireEvent.change(field(), { target: { value } })

describe('the search field', () => {
  it('searches once the typing pauses', () => {
    const { onView } = setUp()
    type('li')
    act(() => void vi.advanceTimersByTime(200))
    type('lith ')
    act(() => void vi.advanceTimersByTime(249))
    expect(onView).not.toHaveBeenCalled()
    act(() => void vi.advanceTimersByTime(1))
    expect(onView.mock.calls).toEqual([[{ q: 'lith' }]])
  })

  it('is emptied by Escape', () => {
    const { onView } = setUp({ q: 'lith', sort: 'title' })
    fireEvent.keyDown(field(), { key: 'Escape' })
    act(() => void vi.advanceTimersByTime(0))
    expect(field()).toHaveValue('')
    expect(onView).toHaveBeenLastCalledWith({ sort: 'title' })
  })

  it('follows the address, but not while it says what is being typed', () => {
    const { show } = setUp()
    type('lith ')
    show({ q: 'lith' })
    expect(field()).toHaveValue('lith ')
    show({})
    expect(field()).toHaveValue('')
  })

  it('gets the focus by a slash, which is not typed into another field', () => {
    setUp()
    fireEvent.keyDown(document.body, { key: '/' })
    expect(field()).toHaveFocus()
    field().blur()
    fireEvent.keyDown(field(), { key: '/' })
    expect(field()).not.toHaveFocus()
  })

  it('searches nothing after the page has gone', () => {
    const onView = vi.fn()
    const { unmount } = render(<ListTools view={{}} onView={onView} />)
    type('lith')
    unmount()
    vi.runAllTimers()
    expect(onView).not.toHaveBeenCalled()
  })
})

describe('the order', () => {
  it('changes, and leaves the search as it is', () => {
    const { onView } = setUp({ q: 'lith' })
    const order = screen.getByRole('combobox', { name: 'Order' })
    fireEvent.change(order, { target: { value: '-duration' } })
    expect(onView).toHaveBeenCalledWith({ q: 'lith', sort: '-duration' })
    fireEvent.change(order, { target: { value: '-created' } })
    expect(onView).toHaveBeenLastCalledWith({ q: 'lith' })
  })
})

describe('the tags', () => {
  const tags = (view: ListView, all = ['live', 'demo']) => {
    const onView = vi.fn()
    render(<TagFilter tags={all} view={view} onView={onView} />)
    return onView
  }

  it('narrow the list to one of them, and widen it again', () => {
    const onView = tags({ tag: 'live' })
    expect(screen.getByRole('button', { name: 'live' })).toHaveAttribute('aria-pressed', 'true')
    fireEvent.click(screen.getByRole('button', { name: 'demo' }))
    expect(onView).toHaveBeenLastCalledWith({ tag: 'demo' })
    fireEvent.click(screen.getByRole('button', { name: 'live' }))
    expect(onView).toHaveBeenLastCalledWith({})
  })

  it('show the one that the address asks for, even if no recording has it', () => {
    tags({ tag: 'gone' }, [])
    expect(screen.getByRole('button', { name: 'gone' })).toHaveAttribute('aria-pressed', 'true')
  })

  it('are not there when there are none', () => {
    tags({}, [])
    expect(screen.queryByRole('group')).toBeNull()
  })
})
