import { Icon } from '@/ui/icons'

const MICROPHONE = 'M12 4a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v3'
const DRUM = 'M4 9c0-2 16-2 16 0v7c0 2-16 2-16 0zM4 9c0 2 16 2 16 0M3 3l6 4M21 3l-6 4'
const CYMBAL = 'M3 9c4-2 14-2 18 0-4 2-14 2-18 0zM12 7.5V6M12 10.5V20M8 20h8'
const BODY = 'M4 20a3 3 0 0 1 5-3M4 20 14 10M13 7l4 4 3-5-2-2z'
const PULSE = 'M4 12h2l2-6 3 12 3-9 2 5h4'

/** What each role looks like, so that colour is never the only sign. Drawn on 24 × 24. */
const PATHS: Record<string, string> = {
  vocals: MICROPHONE,
  lead_vocals: MICROPHONE,
  backing_vocals:
    'M9 5a2.5 2.5 0 0 1 2.5 2.5V11a2.5 2.5 0 0 1-5 0V7.5A2.5 2.5 0 0 1 9 5zM4 11a5 5 0 0 0 10 0M9 16v3M16 5a2.5 2.5 0 0 1 2 2.5V11a2.5 2.5 0 0 1-1.5 2.3M20.5 11a5 5 0 0 1-4 4.9V19',
  drums: DRUM,
  kick: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM5 19l-1 2M19 19l1 2',
  snare: 'M4 9c0-2 16-2 16 0v5c0 2-16 2-16 0zM4 9c0 2 16 2 16 0M8 11v4.5M12 11v5M16 11v4.5',
  toms: 'M3 8c0-1.6 8-1.6 8 0v6c0 1.6-8 1.6-8 0zM3 8c0 1.6 8 1.6 8 0M13 11c0-1.6 8-1.6 8 0v6c0 1.6-8 1.6-8 0zM13 11c0 1.6 8 1.6 8 0',
  hi_hat: 'M4 10c4-2 12-2 16 0M4 13c4 2 12 2 16 0M12 5v15M8 20h8',
  ride: CYMBAL,
  crash: `${CYMBAL}M5 5l1 1.5M19 5l-1 1.5`,
  bass: BODY,
  guitar:
    'M14 10l6-6M18.5 3.5l2 2M14.5 9.5a3.5 3.5 0 0 0-4.6-.6c-1 .7-.9 1.7-2 2.3-1.2.6-2.4.4-3.4 1.4a4 4 0 0 0 5.9 5.9c1-1 .8-2.2 1.4-3.4.6-1.1 1.6-1 2.3-2a3.5 3.5 0 0 0 .4-3.6z',
  piano: 'M4 5h16v14H4zM9.3 5v14M14.7 5v14M8 5v8h2.6V5M13.4 5v8H16V5',
  other: PULSE,
  instrumental:
    'M9 18V6l11-2v12M6.5 15.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM17.5 13.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  residual: 'M4 12h1M8 12h1M12 12h.5M15.5 12h1M19.5 12h.5M12 8v.5M12 15.5v.5',
}

const ANY = 'M5 10v4M9 7v10M13 9v6M17 5v14M21 10v4'

export function StemIcon({ name }: { name: string }) {
  return (
    <Icon className="size-[17px] shrink-0 max-sm:hidden" style={{ color: 'var(--c)' }}>
      <path d={PATHS[name] ?? ANY} />
    </Icon>
  )
}
