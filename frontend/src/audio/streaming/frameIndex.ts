import { type ByteSpan, type DownloadOptions, downloadAll } from './download'

/** Offsets in one request: 16 kB, six minutes of sound. A long recording's index is not read whole. */
const PAGE = 4096
const ENTRY_BYTES = 4

/** Reads where a file's blocks lie, page by page. */
export class FrameIndex {
  /** May be renewed. */
  url: string
  readonly #entries: number
  readonly #options: DownloadOptions
  readonly #pages = new Map<number, Promise<Uint32Array>>()

  /** blocks: how many the file has; the index holds one offset more, the file's end. */
  constructor(url: string, blocks: number, options: DownloadOptions) {
    this.url = url
    this.#options = options
    this.#entries = blocks + 1
  }

  /** Returns the byte offset of each boundary: the start of block n, or the file's end. Rejects as `download` does. */
  async offsets(boundaries: readonly number[]): Promise<number[]> {
    const needed = new Set(boundaries.map((block) => Math.floor(block / PAGE)))
    const pages = new Map<number, Uint32Array>()
    await Promise.all([...needed].map(async (page) => pages.set(page, await this.#loadPage(page))))
    return boundaries.map((block) => pages.get(Math.floor(block / PAGE))?.[block % PAGE] ?? 0)
  }

  #loadPage(page: number): Promise<Uint32Array> {
    const known = this.#pages.get(page)
    if (known) return known
    const coming = this.#downloadPage(page)
    this.#pages.set(page, coming)
    coming.catch(() => this.#pages.delete(page))
    return coming
  }

  async #downloadPage(page: number): Promise<Uint32Array> {
    const first = page * PAGE
    const count = Math.min(PAGE, this.#entries - first)
    const span: ByteSpan = { from: first * ENTRY_BYTES, to: (first + count) * ENTRY_BYTES }
    const bytes = await downloadAll(this.url, span, this.#options)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return Uint32Array.from({ length: count }, (_, entry) => view.getUint32(entry * ENTRY_BYTES, true))
  }
}
