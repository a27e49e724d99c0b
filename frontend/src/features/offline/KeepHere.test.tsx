import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PIN } from '@/testing/data'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { KeepHere } from './KeepHere'
import { PinList } from './PinList'
import { type Pin, pins } from './pins'

let list: readonly Pin[] = []
const listeners = new Set<() => void>()
const become = (next: readonly Pin[]) => {
  list = next
  for (const listener of listeners) listener()
}

beforeEach(() => {
  become([])
  vi.stubGlobal('caches', {})
  Object.defineProperty(navigator, 'serviceWorker', { value: {}, configurable: true })
  vi.spyOn(pins, 'read').mockResolvedValue()
  Object.assign(pins, {
    list: () => list,
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
})
afterEach(() => {
  Reflect.deleteProperty(navigator, 'serviceWorker')
  Reflect.deleteProperty(globalThis, 'caches')
})

describe('keeping a recording here', () => {
  it('is not offered where a browser keeps nothing', async () => {
    Reflect.deleteProperty(globalThis, 'caches')
    renderPart(
      <>
        <p>beside</p>
        <KeepHere data={aPlayer()} />
      </>,
    )
    await screen.findByText('beside')
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('says how large it is, how far it is, and that it is done', async () => {
    let finish = () => {}
    vi.spyOn(pins, 'add').mockImplementation((_, progress) => {
      progress(0.5)
      return new Promise((resolve) => {
        finish = () => {
          become([PIN])
          resolve()
        }
      })
    })
    renderPart(<KeepHere data={aPlayer()} />)
    await userEvent.click(await screen.findByRole('button', { name: 'Keep on this device (4 kB)' }))
    expect(await screen.findByText('Keeping it here, 50 %')).toBeVisible()
    finish()
    expect(await screen.findByText('Kept on this device, 4 kB')).toBeVisible()
  })

  it('can be cancelled, which is no failure', async () => {
    vi.spyOn(pins, 'add').mockImplementation((_, __, signal) => {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    renderPart(<KeepHere data={aPlayer()} />)
    await userEvent.click(await screen.findByRole('button', { name: /Keep on this device/ }))
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
    expect(await screen.findByRole('button', { name: /Keep on this device/ })).toBeVisible()
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('says that it failed', async () => {
    vi.spyOn(pins, 'add').mockRejectedValue(new TypeError('Failed to fetch'))
    renderPart(<KeepHere data={aPlayer()} />)
    await userEvent.click(await screen.findByRole('button', { name: /Keep on this device/ }))
    expect(await screen.findByRole('alert')).toHaveTextContent('It could not be kept')
  })

  it('can be undone', async () => {
    become([PIN])
    const remove = vi.spyOn(pins, 'remove').mockImplementation(async () => become([]))
    renderPart(<KeepHere data={aPlayer()} />)
    await userEvent.click(await screen.findByRole('button', { name: 'Remove from this device' }))
    expect(remove).toHaveBeenCalledWith(PIN)
    expect(await screen.findByRole('button', { name: /Keep on this device/ })).toBeVisible()
  })
})

describe('the list of what is kept', () => {
  it('says how to keep something when it is empty', async () => {
    renderPart(<PinList />)
    expect(await screen.findByText(/No recording is kept on this device/)).toBeVisible()
  })

  it('leads to the job that was kept, and removes it', async () => {
    become([PIN])
    const remove = vi.spyOn(pins, 'remove').mockImplementation(async () => become([]))
    renderPart(<PinList />)
    const link = await screen.findByRole('link', { name: 'Lithium' })
    expect(link).toHaveAttribute('href', '/p/demo/recordings/recording-1?job=job-1')
    await userEvent.click(screen.getByRole('button', { name: 'Remove Lithium from this device' }))
    await waitFor(() => expect(screen.queryByRole('link')).toBeNull())
    expect(remove).toHaveBeenCalledWith(PIN)
  })
})
