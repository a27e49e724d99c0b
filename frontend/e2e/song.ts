const RATE = 44_100

/** A WAV file (16 bit, stereo, 44.1 kHz): a beat of noise, a low tone, a vibrating lead in the middle. */
export function wavSong(seconds: number): Buffer {
  const frames = Math.round(seconds * RATE)
  const data = Buffer.alloc(44 + frames * 4)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + frames * 4, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(2, 22)
  data.writeUInt32LE(RATE, 24)
  data.writeUInt32LE(RATE * 4, 28)
  data.writeUInt16LE(4, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(frames * 4, 40)
  let seed = 1
  for (let frame = 0; frame < frames; frame += 1) {
    const t = frame / RATE
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const beat = (seed / 1_073_741_824 - 1) * Math.exp(-(t % 0.5) * 40)
    const low = Math.sin(2 * Math.PI * 55 * t)
    const lead = Math.sin(2 * Math.PI * 440 * t + 3 * Math.sin(2 * Math.PI * 5 * t))
    const side = 0.1 * Math.sin(2 * Math.PI * 660 * t)
    const middle = 0.3 * beat + 0.25 * low + 0.2 * lead
    data.writeInt16LE(Math.round(32_767 * (middle + side)), 44 + frame * 4)
    data.writeInt16LE(Math.round(32_767 * (middle - side)), 46 + frame * 4)
  }
  return data
}

/** Ten seconds of that again and again: what is still being separated when a test has looked at it. */
export function longSong(seconds: number): Buffer {
  const song = wavSong(10)
  const head = song.subarray(0, 44)
  const bytes = Math.round(seconds * RATE) * 4
  head.writeUInt32LE(36 + bytes, 4)
  head.writeUInt32LE(bytes, 40)
  return Buffer.concat([head, Buffer.alloc(bytes, song.subarray(44))])
}
