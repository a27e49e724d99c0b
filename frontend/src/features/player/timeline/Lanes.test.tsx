import { act, fireEvent, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { neutral, type StemSnapshot } from '@/audio'
import { stubPointer } from '@/testing/browser'
import { renderPart } from '@/testing/page'
import { aPlayer } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { Lanes } from './Lanes'

type Entry = { contentRect: { width: number; height: number } }
let observers: { callback: (entries: Entry[]) => void; element: Element | null }[]

beforeEach(() => {
  stubPointer()
  observers = []
  vi.stubGlobal(
    'ResizeObserver',
    class {
      readonly #entry: (typeof observers)[number]
      constructor(callback: (entries: Entry[]) => void) {
        this.#entry = { callback, element: null }
        observers.push(this.#entry)
      }
      observe(element: Element) {
        this.#entry.element = element
      }
      disconnect() {
        this.#entry.element = null
      }
    },
  )
})

const STEMS = ['drums', 'bass', 'vocals', 'other']

async function setUp(pending: readonly string[] = [], loop = {}) {
  const session = aSession(loop, STEMS)
  const stems = STEMS.map((stem): StemSnapshot => ({ ...neutral, stem, audible: true, load: { kind: 'ready' } }))
  session.player.change({ stems })
  renderPart(<Lanes session={session} data={aPlayer()} pending={pending} />)
  const main = await screen.findByRole('main')
  const area = main.querySelector('.beside-strip') as HTMLElement
  return { ...session, main, area }
}

/** Turns the wheel over the lanes; returns whether the browser may scroll the page. */
function turn(area: HTMLElement, init: WheelEventInit): boolean {
  return fireEvent.wheel(area, init)
}

describe('the lanes', () => {
  it('are one for each stem, and one for each that is still being separated', async () => {
    await setUp(['piano'])
    expect(screen.getAllByRole('region').map((lane) => lane.getAttribute('aria-label'))).toEqual([
      'Drums',
      'Bass',
      'Vocals',
      'Other',
      'Piano',
    ])
    expect(screen.getByText('Still being separated')).toBeVisible()
  })

  it('keep the view as wide as they are', async () => {
    const { view, area } = await setUp()
    const observer = observers.find(({ element }) => element === area)
    act(() => observer?.callback([{ contentRect: { width: 812.4, height: 300 } }]))
    expect(view.snapshot().width).toBe(812)
  })

  it('go where they are pressed', async () => {
    const { player, main } = await setUp()
    const surface = main.querySelector('.seek-surface') as HTMLElement
    fireEvent.pointerDown(surface, { button: 0, clientX: 10 })
    expect(player.at).toBe(2000)
  })
})

describe('the wheel over the lanes', () => {
  it('zooms with Ctrl around the pointer, and lets the page not zoom', async () => {
    const { view, area } = await setUp()
    const under = view.frameAt(25)
    expect(turn(area, { ctrlKey: true, deltaY: -150, clientX: 25 })).toBe(false)
    const { from, to, zoomed } = view.snapshot()
    expect(zoomed).toBe(true)
    expect(to - from).toBeCloseTo(10_000 / Math.sqrt(Math.E))
    expect(view.frameAt(25)).toBeCloseTo(under, -1)
  })

  it('scrolls sideways once there is something beside', async () => {
    const { view, area } = await setUp()
    expect(turn(area, { deltaX: 10 })).toBe(true)
    act(() => view.show({ from: 0, to: 5000 }))
    expect(turn(area, { deltaX: 10 })).toBe(false)
    expect(view.snapshot().from).toBe(1000)
    expect(turn(area, { shiftKey: true, deltaY: 10 })).toBe(false)
    expect(view.snapshot().from).toBe(2000)
  })

  it('leaves the page to scroll up and down', async () => {
    const { view, area } = await setUp()
    act(() => view.show({ from: 0, to: 5000 }))
    expect(turn(area, { deltaY: 100 })).toBe(true)
    expect(view.snapshot().from).toBe(0)
  })
})

describe('the loop behind the lanes', () => {
  it('is a lighter stretch where it is in view, and fainter while it is off', async () => {
    const { main, editor } = await setUp([], { loop: { from: 2000, to: 6000, on: true } })
    const shade = () => main.querySelector<HTMLElement>('.loop-shade')
    await vi.waitFor(() => expect(shade()?.style.transform).toBe('translateX(10px)'))
    expect(shade()?.style.width).toBe('20px')
    act(() => editor.toggleLoop())
    expect(shade()?.className).toContain('opacity-50')
    act(() => editor.setLoop(null))
    expect(shade()).toBeNull()
  })
})
