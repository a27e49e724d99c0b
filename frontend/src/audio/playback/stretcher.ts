import type { StretchNode } from 'signalsmith-stretch'

/** Keeps nodes that stretch sound, each for a number of channels: they are made ahead, which takes a while, and reused. */
export class Stretcher {
  readonly #context: BaseAudioContext
  readonly #idle = new Map<number, StretchNode[]>()
  readonly #preparing = new Map<number, Promise<void>>()

  constructor(context: BaseAudioContext) {
    this.#context = context
  }

  isReady(channels: number): boolean {
    return (this.#idle.get(channels)?.length ?? 0) > 0
  }

  /** Returns a node for so many channels, null when none is ready; `release` gives it back. */
  acquire(channels: number): StretchNode | null {
    return this.#idle.get(channels)?.pop() ?? null
  }

  /** Makes a node for so many channels ready, unless one is. Rejects when there is no worklet or no network. */
  prepare(channels: number): Promise<void> {
    if (this.isReady(channels)) return Promise.resolve()
    const known = this.#preparing.get(channels)
    if (known) return known
    const coming = this.#create(channels).finally(() => this.#preparing.delete(channels))
    this.#preparing.set(channels, coming)
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
