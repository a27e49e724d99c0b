import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatClock,
  formatDay,
  formatDecibels,
  formatLimit,
  formatMoment,
  formatPercent,
  formatRoughTime,
  formatTimeTaken,
  joinWords,
  pluralise,
} from './format'

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [312.4, '5:12'],
    [3720, '1:02:00'],
  ])('shows %f s as %s', (seconds, shown) => expect(formatClock(seconds)).toBe(shown))
})

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [999_900, '1 MB'],
    [84_141_911, '84 MB'],
    [200_000_000, '200 MB'],
    [1_250_000_000, '1.3 GB'],
  ])('shows %d as %s', (count, shown) => expect(formatBytes(count)).toBe(shown))
})

describe('roughly', () => {
  it.each([
    [0.2, 'under 1 s'],
    [8.4, '8 s'],
    [38, '40 s'],
    [59, '1 min'],
    [95, '1.5 min'],
    [2040, '34 min'],
    [6000, '1.5 h'],
  ])('rounds %f s to %s', (seconds, shown) => expect(formatRoughTime(seconds)).toBe(shown))
})

it('tells limits in whole units', () => {
  expect([45, 60, 1800, 3600, 5400].map(formatLimit)).toEqual([
    '45 seconds',
    '1 minute',
    '30 minutes',
    '1 hour',
    '90 minutes',
  ])
})

it('tells the time a step took', () => {
  expect([0.04, 24.13, 95].map(formatTimeTaken)).toEqual(['0.0 s', '24.1 s', '1:35'])
})

it('says 100 % only when all is done', () => {
  expect([-1, 0, 0.614, 0.999, 1, 2].map(formatPercent)).toEqual(['0 %', '0 %', '61 %', '99 %', '100 %', '100 %'])
})

it('counts in words', () => {
  expect([pluralise(1, 'stem'), pluralise(2, 'stem'), pluralise(0, 'leaf', 'leaves')]).toEqual([
    '1 stem',
    '2 stems',
    '0 leaves',
  ])
})

describe('day', () => {
  const now = new Date(2026, 10, 20, 0, 30)
  it.each([
    [new Date(2026, 10, 20, 0, 1), 'today'],
    [new Date(2026, 10, 19, 23, 59), 'yesterday'],
    [new Date(2026, 9, 2), '2 Oct'],
    [new Date(2024, 9, 2), '2 Oct 2024'],
  ])('calls %s %s', (when, shown) => expect(formatDay(when, now)).toBe(shown))
})

it('joins words as a sentence does', () => {
  expect([joinWords([]), joinWords(['a']), joinWords(['a', 'b']), joinWords(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
})

it('says the day and the time', () => {
  expect(formatMoment(new Date(2026, 10, 20, 17, 5), new Date(2026, 10, 20, 23, 0))).toBe('today, 17:05')
})

describe('decibels', () => {
  it.each([
    [-3.24, '−3.2 dB'],
    [0, '0.0 dB'],
    [-0.01, '0.0 dB'],
    [Number.NEGATIVE_INFINITY, '−∞ dB'],
  ])('shows %f as %s', (value, shown) => expect(formatDecibels(value)).toBe(shown))
})

describe('the borders between units', () => {
  it.each([
    [999.4, '999 B'],
    [999.5, '1 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [999_499, '999 kB'],
    [1e12, '1 TB'],
    [5e15, '5000 TB'],
    [-1, '0 B'],
  ])('%d bytes are %s', (count, shown) => expect(formatBytes(count)).toBe(shown))

  it.each([
    [-3, '0:00'],
    [59.4, '0:59'],
    [3599.5, '1:00:00'],
    [36_000, '10:00:00'],
  ])('%f seconds are %s on the clock', (seconds, shown) => expect(formatClock(seconds)).toBe(shown))

  it.each([
    [1, '1 s'],
    [19.6, '20 s'],
    [57.4, '55 s'],
    [57.5, '1 min'],
    [270, '4.5 min'],
    [5399, '90 min'],
    [5400, '1.5 h'],
    [7200, '2 h'],
  ])('%f seconds are %s roughly', (seconds, shown) => expect(formatRoughTime(seconds)).toBe(shown))

  it.each([
    [1, '1 second'],
    [90, '2 minutes'],
    [7200, '2 hours'],
  ])('a limit of %d seconds is %s', (seconds, shown) => expect(formatLimit(seconds)).toBe(shown))

  it('a step of just under a minute is told in seconds', () => {
    expect([59.9, 60].map(formatTimeTaken)).toEqual(['59.9 s', '1:00'])
  })
})

describe('decibels with other digits', () => {
  it.each([
    [-1.005, 2, '−1.00 dB'],
    [-0.004, 2, '0.00 dB'],
    [-0.6, 0, '−1 dB'],
    [3.26, 1, '3.3 dB'],
  ])('%f with %d digits is %s', (value, digits, shown) => expect(formatDecibels(value, digits)).toBe(shown))
})

it('a day of last year has its year, though it was only a month ago', () => {
  expect(formatDay(new Date(2025, 11, 31), new Date(2026, 0, 20))).toBe('31 Dec 2025')
  expect(formatDay(new Date(2025, 11, 31), new Date(2026, 0, 1))).toBe('yesterday')
})
