declare module 'signalsmith-stretch' {
  /** A change of what is heard, at a time of the context. */
  export interface StretchChange {
    readonly outputTime: number
    readonly output: number
    readonly active: boolean
    readonly input?: number
    readonly rate?: number
    readonly semitones?: number
  }

  export interface StretchNode extends AudioWorkletNode {
    schedule(change: StretchChange): Promise<unknown>
    addBuffers(channels: readonly Float32Array[], transfer: readonly ArrayBuffer[]): Promise<number>
    /** Without a time: everything, and the input begins at 0 again. */
    dropBuffers(before?: number): Promise<unknown>
    latency(): Promise<number>
    configure(options: { preset: 'default' | 'cheaper' }): Promise<unknown>
  }

  export interface CreateStretch {
    (context: BaseAudioContext, options: AudioWorkletNodeOptions): Promise<StretchNode>
    /** Where the worklet's module is; made from its own source otherwise, which minifying breaks. */
    moduleUrl?: string
  }

  const createStretch: CreateStretch
  export default createStretch
}
