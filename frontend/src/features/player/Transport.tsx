import { useRef } from 'react'
import type { Player, PlayerSnapshot } from '@/audio'
import { PlayIcon } from '@/ui/icons'
import { Fader } from './Fader'
import { useFrames } from './hooks'
import { BackwardIcon, ForwardIcon, PauseIcon, ToStartIcon, WaitIcon } from './icons'
import { type Command, carryOut, SKIP } from './keys'
import { decibelText, timeCode } from './text'

export function Transport({ player, snapshot }: { player: Player; snapshot: PlayerSnapshot }) {
  const { transport, master } = snapshot
  const send = (command: Command) => () => carryOut(command, player)
  return (
    <footer className="transport sticky bottom-0 z-20 border-t border-line bg-surface">
      <div className="flex flex-col justify-center px-5 max-sm:items-center">
        <TimeCode player={player} />
        <p role="status" className="text-xs text-muted empty:hidden">
          {loadText(snapshot)}
        </p>
      </div>
      <fieldset className="flex items-center justify-center gap-2">
        <legend className="sr-only">Transport</legend>
        <button
          type="button"
          className="round"
          aria-label="To start"
          title="To start (Home)"
          onClick={send({ kind: 'start' })}
        >
          <ToStartIcon />
        </button>
        <button
          type="button"
          className="round"
          aria-label={`Back ${SKIP} seconds`}
          title={`Back ${SKIP} s (←)`}
          onClick={send({ kind: 'skip', by: -SKIP })}
        >
          <BackwardIcon />
        </button>
        <button
          type="button"
          className="round round-play"
          aria-label={transport === 'paused' ? 'Play' : 'Pause'}
          title={transport === 'paused' ? 'Play (Space)' : 'Pause (Space)'}
          onClick={send({ kind: 'toggle' })}
        >
          {transport === 'paused' ? <PlayIcon /> : transport === 'waiting' ? <WaitIcon /> : <PauseIcon />}
        </button>
        <button
          type="button"
          className="round"
          aria-label={`Forward ${SKIP} seconds`}
          title={`Forward ${SKIP} s (→)`}
          onClick={send({ kind: 'skip', by: SKIP })}
        >
          <ForwardIcon />
        </button>
      </fieldset>
      <div className="master flex items-center gap-3 border-l border-line pr-5 pl-4 max-md:hidden">
        <Fader label="Master volume" gain={master} onChange={(gain) => player.setMaster(gain)} />
        <span className="w-16 text-right font-mono text-xs text-muted">{decibelText(master)}</span>
      </div>
    </footer>
  )
}

function TimeCode({ player }: { player: Player }) {
  const now = useRef<HTMLSpanElement>(null)
  useFrames(player, () => {
    if (now.current) now.current.textContent = timeCode(player.position() / player.sampleRate)
  })
  return (
    <p className="font-mono text-xl whitespace-nowrap sm:text-2xl">
      <span ref={now} role="timer" aria-label="Position" className="tracking-tight" />
      <span className="ml-2 text-[13px] text-faint">/ {timeCode(player.frames / player.sampleRate)}</span>
    </p>
  )
}

function loadText({ transport, stems }: PlayerSnapshot): string {
  const failed = stems.filter(({ load }) => load.kind === 'failed').length
  if (transport === 'waiting') {
    return 'Loading'
  }
  return failed > 0 ? `${failed} of ${stems.length} stems missing` : ''
}
