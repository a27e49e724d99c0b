import { vi } from 'vitest'

/** jsdom draws dialogs, but cannot open them. */
export function stubDialog(): void {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
}

class FakePointerEvent extends MouseEvent {
  readonly pointerId: number
  readonly pointerType: string

  constructor(type: string, { pointerId = 1, pointerType = 'mouse', ...init }: PointerEventInit = {}) {
    super(type, init)
    this.pointerId = pointerId
    this.pointerType = pointerType
  }
}

/** jsdom has no pointers. An element that has captured one keeps it. */
export function stubPointer(): void {
  window.PointerEvent = FakePointerEvent as unknown as typeof PointerEvent
  const captured = new WeakSet<Element>()
  Element.prototype.setPointerCapture = function () {
    captured.add(this)
  }
  Element.prototype.hasPointerCapture = function () {
    return captured.has(this)
  }
}

/** jsdom has no event streams. These stay open and say nothing. */
export function stubEventSource(): void {
  vi.stubGlobal(
    'EventSource',
    class extends EventTarget {
      close() {}
    },
  )
}
