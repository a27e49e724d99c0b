import type { Page } from '@playwright/test'

type Stereo = readonly [Float32Array, Float32Array]

interface Measure {
  /** A whole file, decoded at its rate. */
  decode(url: string, sampleRate: number): Promise<Stereo>
  /** Σ factor · file. */
  mix(files: readonly { url: string; factor: number }[], sampleRate: number): Promise<Stereo>
  /** Where in `whole` a recorded piece fits best. */
  place(piece: Float32Array, whole: Float32Array): number
  /** Peak of piece − expected, in dBFS. */
  remainder(piece: Float32Array, expected: Float32Array): number
  /** Amplitude of a tone. */
  tone(samples: Float32Array, hz: number, sampleRate: number): number
  /** Frequency of the strongest tone within 20 % of `hz`, to a fraction of a cent. */
  pitch(samples: Float32Array, hz: number, sampleRate: number): number
}

declare global {
  interface Window {
    measure: Measure
  }
}

/** Gives a page `window.measure`. */
export async function prepareMeasure(page: Page): Promise<void> {
  await page.addInitScript(installMeasure)
}

/** Runs in the page. */
function installMeasure(): void {
  const decibels = (amplitude: number) => 20 * Math.log10(Math.max(amplitude, 1e-10))
  const decode: Measure['decode'] = async (url, sampleRate) => {
    const file = await (await fetch(url)).arrayBuffer()
    const buffer = await new OfflineAudioContext(2, 1, sampleRate).decodeAudioData(file)
    const left = buffer.getChannelData(0)
    return [left, buffer.numberOfChannels > 1 ? buffer.getChannelData(1) : left]
  }
  const tone: Measure['tone'] = (samples, hz, sampleRate) => {
    let re = 0
    let im = 0
    let weight = 0
    samples.forEach((sample, i) => {
      // A Hann window: what is next to the tone leaks little into it.
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length)
      const angle = (2 * Math.PI * hz * i) / sampleRate
      re += window * sample * Math.cos(angle)
      im += window * sample * Math.sin(angle)
      weight += window
    })
    return (2 * Math.hypot(re, im)) / weight
  }
  window.measure = {
    decode,
    tone,
    async mix(files, sampleRate) {
      const decoded = await Promise.all(files.map(({ url }) => decode(url, sampleRate)))
      const length = decoded[0]?.[0].length ?? 0
      return [0, 1].map((side) => {
        const sum = new Float32Array(length)
        decoded.forEach((sides, file) => {
          const factor = files[file]?.factor ?? 0
          for (let i = 0; i < length; i++) sum[i] = (sum[i] ?? 0) + factor * (sides[side]?.[i] ?? 0)
        })
        return sum
      }) as unknown as Stereo
    },
    place(piece, whole) {
      let least = Number.POSITIVE_INFINITY
      let best = 0
      for (let at = 0; at + 512 <= whole.length; at++) {
        let error = 0
        for (let i = 0; i < 512 && error < least; i++) error += ((piece[i] ?? 0) - (whole[at + i] ?? 0)) ** 2
        if (error < least) {
          least = error
          best = at
        }
      }
      return best
    },
    remainder(piece, expected) {
      let most = 0
      piece.forEach((sample, i) => {
        most = Math.max(most, Math.abs(sample - (expected[i] ?? 0)))
      })
      return decibels(most)
    },
    pitch(samples, hz, sampleRate) {
      let best = hz
      for (let step = 0.05; step > 1e-6; step /= 4) {
        const near = Array.from({ length: 9 }, (_, n) => best * (1 + (n - 4) * step))
        best = near.reduce((a, b) => (tone(samples, b, sampleRate) > tone(samples, a, sampleRate) ? b : a))
      }
      return best
    },
  }
}
