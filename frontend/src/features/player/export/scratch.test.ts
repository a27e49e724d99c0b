import { afterEach, describe, expect, it, vi } from 'vitest'
import { createScratchFile } from './scratch'

afterEach(() => Reflect.deleteProperty(navigator, 'storage'))

function disk(getDirectory: () => Promise<unknown>) {
  Object.defineProperty(navigator, 'storage', { value: { getDirectory }, configurable: true })
}

describe('createScratchFile', () => {
  it('is none where a browser has no disk for pages', async () => {
    disk(() => Promise.reject(new DOMException('', 'SecurityError')))
    expect(await createScratchFile()).toBeNull()
  })

  it('removes those of earlier exports, and grows in a folder of its own', async () => {
    const written = new File(['x'], 'mix')
    const handle = { createWritable: async () => 'stream', getFile: async () => written }
    const folder = { getFileHandle: vi.fn(async () => handle) }
    const root = { removeEntry: vi.fn(async () => undefined), getDirectoryHandle: vi.fn(async () => folder) }
    disk(async () => root)
    const scratch = await createScratchFile()
    expect(root.removeEntry).toHaveBeenCalledWith('exports', { recursive: true })
    expect(root.getDirectoryHandle).toHaveBeenCalledWith('exports', { create: true })
    expect(scratch?.writable).toBe('stream')
    expect(await scratch?.file()).toBe(written)
  })

  it('does not mind that there was none before', async () => {
    const handle = { createWritable: async () => 'stream', getFile: async () => new File([], '') }
    disk(async () => ({
      removeEntry: () => Promise.reject(new DOMException('', 'NotFoundError')),
      getDirectoryHandle: async () => ({ getFileHandle: async () => handle }),
    }))
    expect(await createScratchFile()).not.toBeNull()
  })
})
