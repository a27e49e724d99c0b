/** Numbers as people read them. Every function is pure; the language is English for now. */

/** 312.4 → `5:12`, 3720 → `1:02:00`. */
export function formatClock(seconds: number): string {
  const total = Math.max(0, Math.round(seconds))
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  const rest = String(total % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** Decimal units, as file managers and shops use them: 209_715_200 → `210 MB`. */
export function formatBytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Math.max(0, count)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${Number(value.toFixed(digits))} ${units[unit]}`
}

/** A rough length of time in words: 8 → `8 s`, 95 → `1.5 min`, 2040 → `34 min`, 7200 → `2 h`. */
export function formatRoughTime(seconds: number): string {
  if (seconds < 1) return 'under 1 s'
  if (seconds < 20) return `${Math.round(seconds)} s`
  if (seconds < 57.5) return `${Math.round(seconds / 5) * 5} s`
  const minutes = seconds / 60
  if (minutes < 4.75) return `${Number((Math.round(minutes * 2) / 2).toFixed(1))} min`
  if (minutes < 90) return `${Math.round(minutes)} min`
  return `${Number((Math.round(minutes / 30) / 2).toFixed(1))} h`
}

/** A limit in minutes or hours: 1800 → `30 minutes`. */
export function formatLimit(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (seconds < 60) return pluralise(Math.round(seconds), 'second')
  return minutes % 60 === 0 && minutes >= 60 ? pluralise(minutes / 60, 'hour') : pluralise(minutes, 'minute')
}

/** The time one step took: 24.13 → `24.1 s`, 95 → `1:35`. */
export function formatTimeTaken(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : formatClock(seconds)
}

/** 0.614 → `61 %`; never 100 before it is done. */
export function formatPercent(fraction: number): string {
  const clamped = Math.min(1, Math.max(0, fraction))
  return `${clamped === 1 ? 100 : Math.min(99, Math.round(clamped * 100))} %`
}

export function pluralise(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `today`, `yesterday`, `12 Nov`, or `12 Nov 2024` in another year; in the reader's time zone. */
export function formatDay(when: Date, now: Date = new Date()): string {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((midnight(now) - midnight(when)) / 86_400_000)
  if (days === 0) return 'today'
  if (days === 1) return 'yesterday'
  const sameYear = when.getFullYear() === now.getFullYear()
  return when.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
}

/** `today, 17:05`; in the reader's time zone. */
export function formatMoment(when: Date, now: Date = new Date()): string {
  return `${formatDay(when, now)}, ${when.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`
}

/** -3.24 → `−3.2 dB`, with a true minus; what rounds to zero has no sign. */
export function formatDecibels(value: number, digits = 1): string {
  if (value === -Infinity) return '−∞ dB'
  const size = Math.abs(value).toFixed(digits)
  return `${value < 0 && Number(size) !== 0 ? '−' : ''}${size} dB`
}

/** `vocals, drums and bass`. */
export function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`
}
