import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

// jsdom has no layout and no media queries; what asks for them gets answers that change nothing.
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
)
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: false,
  addEventListener() {},
  removeEventListener() {},
}))
vi.stubGlobal('scrollTo', () => {})
Element.prototype.scrollIntoView = () => {}

// A busy machine is not a broken page.
configure({ asyncUtilTimeout: 10_000 })

afterEach(cleanup)
