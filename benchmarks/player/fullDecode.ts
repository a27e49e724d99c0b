/** Playback as a page without an engine does it: fetch whole files, decode them, start every stem at one time. */
export class FullDecode {
  readonly #context: AudioContext
  readonly #urls: readonly string[]
  #buffers: AudioBuffer[] = []
  #sources: AudioBufferSourceNode[] = []

  constructor(context: AudioContext, urls: readonly string[]) {
    this.#context = context
    this.#urls = urls
  }

  async load(): Promise<void> {
    const decode = async (url: string) => this.#context.decodeAudioData(await (await fetch(url)).arrayBuffer())
    this.#buffers = await Promise.all(this.#urls.map(decode))
  }

  play(from: number): void {
    for (const source of this.#sources) source.stop()
    const at = this.#context.currentTime + 0.03
    this.#sources = this.#buffers.map((buffer) => {
      const source = this.#context.createBufferSource()
      source.buffer = buffer
      source.connect(this.#context.destination)
      source.start(at, from)
      return source
    })
  }
}
