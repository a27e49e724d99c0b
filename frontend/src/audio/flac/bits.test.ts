import { expect, it } from 'vitest'
import { BitReader } from './bits'

it('reads numbers of any width, across bytes', () => {
  const reader = new BitReader(Uint8Array.of(0b1010_0110, 0b1111_0000, 0xff, 0x01, 0x80, 0x00))
  expect([reader.read(3), reader.read(0), reader.read(7)]).toEqual([0b101, 0, 0b001_1011])
  expect(reader.readSigned(2)).toBe(-1)
  reader.skipToByte()
  expect(reader.read(32)).toBe(0xff01_8000)
  expect(reader.bitsLeft).toBe(0)
})

it('counts zeros before a one, also many', () => {
  const reader = new BitReader(Uint8Array.of(0b0010_1000, 0, 0, 0, 0, 0, 0b0000_0001, 0b1000_0000))
  expect([reader.readUnary(), reader.readUnary(), reader.readUnary(), reader.readUnary()]).toEqual([2, 1, 50, 0])
})

it("reads Rice's code: small numbers of both signs are short", () => {
  const reader = new BitReader(Uint8Array.of(0b1000_1010, 0b1100_0110, 0b1000_0000))
  expect([reader.readRice(2), reader.readRice(2), reader.readRice(2)]).toEqual([0, -3, 3])
})
