/** Reads numbers of any width from bytes, the most significant bit first; zeros after the end. */
export class BitReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Bits that have not been read. */
  get bitsLeft(): number {
    return 8 * this.#bytes.length - this.#at
  }

  /** Reads an unsigned number. bits: 0 to 32. */
  read(bits: number): number {
    if (bits === 0) return 0
    const value = this.#window() >>> (32 - bits)
    this.#at += bits
    return value
  }

  /** Reads a number in two's complement. bits: 1 to 32. */
  readSigned(bits: number): number {
    const value = this.read(bits)
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value
  }

  /** Counts the zero bits before the next one bit, and reads past it. */
  readUnary(): number {
    for (let zeros = 0; ; ) {
      const window = this.#window()
      if (window !== 0 || this.bitsLeft <= 32) {
        const ahead = Math.clz32(window)
        this.#at += ahead + 1
        return zeros + ahead
      }
      zeros += 32
      this.#at += 32
    }
  }

  /** Reads a signed number in Rice's code. */
  readRice(parameter: number): number {
    const folded = this.readUnary() * 2 ** parameter + this.read(parameter)
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }

  /** Skips to the next whole byte. */
  skipToByte(): void {
    this.#at = 8 * Math.ceil(this.#at / 8)
  }

  /** Returns the next 32 bits without reading past them. */
  #window(): number {
    const byte = this.#at >>> 3
    const shift = this.#at & 7
    const of = (n: number) => this.#bytes[byte + n] ?? 0
    const window = (of(0) << 24) | (of(1) << 16) | (of(2) << 8) | of(3)
    return ((window << shift) | (of(4) >>> (8 - shift))) >>> 0
  }
}
