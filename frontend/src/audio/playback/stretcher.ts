import type { StretchNode } from 'signalsmith-stretch'

/** Nodes that stretch, each for a number of channels; made ahead, since that takes a while, and used again. */
export class Stretcher {
  readonly #context: BaseAudioContext
  readonly #idle = new Map<number, StretchNode[]>()
  readonly #coming = new Map<number, Promise<void>>()

  constructor(context: BaseAudioContext) {
    this.#context = context
  }

  has(channels: number): boolean {
    return (this.#idle.get(channels)?.length ?? 0) > 0
  }

  /** A node for so many channels, if one is ready; `release` gives it back. */
  take(channels: number): StretchNode | null {
    return this.#idle.get(channels)?.pop() ?? null
  }

  /** Makes a node for so many channels ready, unless one is. Rejects when there is no worklet or no network. */
  prepare(channels: number): Promise<void> {
    if (this.has(channels)) return Promise.resolve()
    const known = this.#coming.get(channels)
    if (known) return known
    const coming = this.#create(channels).finally(() => this.#coming.delete(channels))
    this.#coming.set(channels, coming)
    return coming
  }

  release(channels: number, node: StretchNode): void {
    void node.dropBuffers()
    const idle = this.#idle.get(channels) ?? []
    this.#idle.set(channels, [...idle, node])
  }

  async #create(channels: number): Promise<void> {
    const [{ default: createStretch }, { default: moduleUrl }] = await Promise.all([
      import('signalsmith-stretch'),
      import('signalsmith-stretch?url'),
    ])
    createStretch.moduleUrl = moduleUrl
    const node = await createStretch(this.#context, {
      // An input that nothing is connected to: it plays what is handed to it, but looks for an input when it rests.
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [channels],
    })
    this.#idle.set(channels, [...(this.#idle.get(channels) ?? []), node])
  }
}
