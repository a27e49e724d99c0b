import { describe, expect, it } from 'vitest'
import { FORMATS, fileName, MIX_FORMATS } from './formats'

describe('fileName', () => {
  it('joins its parts by a dash', () => {
    expect(fileName(['Lithium', '0.18'], 'wav')).toBe('Lithium - 0.18.wav')
  })

  it('leaves empty parts out', () => {
    expect(fileName(['Lithium', ''], 'mp3')).toBe('Lithium.mp3')
  })

  it.each([
    ['AC/DC: Back?', 'AC_DC_ Back_.wav'],
    ['..hidden. ', 'hidden.wav'],
    ['tab\there', 'tab_here.wav'],
    ['<<"|*', '_.wav'],
  ])('makes of “%s” what every system takes for a name', (title, name) => {
    expect(fileName([title], 'wav')).toBe(name)
  })

  it('has a name for a song whose title is none', () => {
    expect(fileName([' . '], 'flac')).toBe('mix.flac')
  })

  it('cuts off what is too long for a file system', () => {
    expect(fileName(['x'.repeat(500)], 'wav')).toHaveLength(150 + '.wav'.length)
  })
})

it('every format has a label of its own', () => {
  expect(new Set(MIX_FORMATS.map((format) => FORMATS[format].label)).size).toBe(MIX_FORMATS.length)
})
