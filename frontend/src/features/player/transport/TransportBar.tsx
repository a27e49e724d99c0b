import { useRef } from 'react'
import type { Player } from '@/audio'
import { PlayIcon } from '@/ui/icons'
import { useAnimationFrames } from '../drawing'
import { decibelText, timeCode } from '../format'
import {
  BackwardIcon,
  FlagIcon,
  FollowIcon,
  ForwardIcon,
  KeyboardIcon,
  LoopIcon,
  MixerIcon,
  PauseIcon,
  ToStartIcon,
  WaitIcon,
  ZoomInIcon,
  ZoomOutIcon,
} from '../icons'
import { type Command, type CommandTarget, runCommand, SKIP } from '../keyboard/keys'
import { Fader } from '../mixer/Fader'
import { Meter } from '../mixer/Meter'
import { useMixEditor, usePlayerSnapshot, useView } from '../state/playerSession'
import { text } from '../text'
import { Readouts } from './Readouts'
import { StatusLine } from './StatusLine'
import { ToolButton } from './Tools'

interface TransportBarProps {
  target: CommandTarget
  onMixer: () => void
}

/** The bar at the bottom: position, transport buttons, view, loop and tempo, master. */
export function TransportBar({ target, onMixer }: TransportBarProps) {
  const { player, editor } = target
  return (
    <footer className="transport sticky bottom-0 z-20 border-t border-line bg-surface">
      <div className="flex flex-col justify-center px-5 max-sm:items-center">
        <TimeCode target={target} />
        <StatusLine player={player} />
      </div>
      <TransportButtons target={target} onMixer={onMixer} />
      <div className="flex items-center justify-end max-md:hidden">
        <ViewTools target={target} />
        <div className="max-lg:hidden">
          <Readouts player={player} editor={editor} />
        </div>
        <Master target={target} />
      </div>
    </footer>
  )
}

function TransportButtons({ target, onMixer }: TransportBarProps) {
  const { transport } = usePlayerSnapshot(target.player)
  const { loop } = useMixEditor(target.editor).mix
  const send = (command: Command) => () => runCommand(command, target)
  const toggle = transport === 'paused' ? text.play : text.pause
  return (
    <fieldset className="flex items-center justify-center gap-1 sm:gap-2">
      <legend className="sr-only">{text.transport}</legend>
      <RoundButton label={text.toStart} hint={`${text.toStart} (Home)`} onClick={send({ kind: 'start' })}>
        <ToStartIcon />
      </RoundButton>
      <RoundButton label={text.back(SKIP)} hint={`${text.back(SKIP)} (←)`} onClick={send({ kind: 'skip', by: -SKIP })}>
        <BackwardIcon />
      </RoundButton>
      <button
        type="button"
        className="round round-play"
        aria-label={toggle}
        title={`${toggle} (Space)`}
        onClick={send({ kind: 'toggle' })}
      >
        {transport === 'paused' ? <PlayIcon /> : transport === 'waiting' ? <WaitIcon /> : <PauseIcon />}
      </button>
      <RoundButton
        label={text.forward(SKIP)}
        hint={`${text.forward(SKIP)} (→)`}
        onClick={send({ kind: 'skip', by: SKIP })}
      >
        <ForwardIcon />
      </RoundButton>
      <RoundButton label={text.loop} hint={text.loopOn} pressed={loop?.on ?? false} onClick={send({ kind: 'loop' })}>
        <LoopIcon />
      </RoundButton>
      <span className="contents md:hidden">
        <RoundButton label={text.mixer} hint={text.mixer} onClick={onMixer}>
          <MixerIcon />
        </RoundButton>
      </span>
    </fieldset>
  )
}

/** The master fader and its meter. */
function Master({ target: { player, editor } }: { target: CommandTarget }) {
  const { master } = useMixEditor(editor).mix
  return (
    <div className="master flex items-center gap-3 border-l border-line pr-5 pl-4">
      <span className="grid w-28">
        <Fader label={text.volumeOf(text.master)} gain={master} onChange={(gain) => editor.setMaster(gain)} />
        <Meter player={player} label={text.master} level={() => player.masterLevel()} />
      </span>
      <span className="w-15 text-right font-mono text-xs text-muted max-xl:hidden">{decibelText(master)}</span>
    </div>
  )
}

function ViewTools({ target }: { target: CommandTarget }) {
  const { follow, zoomed } = useView(target.view)
  const send = (command: Command) => () => runCommand(command, target)
  return (
    <div className="flex items-center gap-0.5 px-2">
      <ToolButton label={text.addMarker} onClick={send({ kind: 'marker' })}>
        <FlagIcon />
      </ToolButton>
      <ToolButton label={text.zoomOut} disabled={!zoomed} onClick={send({ kind: 'zoom', by: 1 / 2 })}>
        <ZoomOutIcon />
      </ToolButton>
      <ToolButton label={text.zoomIn} onClick={send({ kind: 'zoom', by: 2 })}>
        <ZoomInIcon />
      </ToolButton>
      <ToolButton label={text.follow} pressed={follow} onClick={send({ kind: 'follow' })}>
        <FollowIcon />
      </ToolButton>
      <ToolButton label={text.helpOpen} onClick={() => target.open('help')}>
        <KeyboardIcon />
      </ToolButton>
    </div>
  )
}

interface RoundButtonProps {
  label: string
  hint: string
  pressed?: boolean
  onClick: () => void
  children: React.ReactNode
}

function RoundButton({ label, hint, pressed, onClick, children }: RoundButtonProps) {
  return (
    <button type="button" className="round" aria-label={label} aria-pressed={pressed} title={hint} onClick={onClick}>
      {children}
    </button>
  )
}

function TimeCode({ target: { player, view } }: { target: { player: Player; view: CommandTarget['view'] } }) {
  const now = useRef<HTMLSpanElement>(null)
  const { from, to } = view.bounds
  useAnimationFrames(player, () => {
    if (now.current) now.current.textContent = timeCode((player.position() - from) / player.sampleRate)
  })
  return (
    <p className="font-mono text-xl whitespace-nowrap sm:text-2xl">
      <span ref={now} role="timer" aria-label={text.position} className="tracking-tight" />
      <span className="ml-2 text-[13px] text-faint">/ {timeCode((to - from) / player.sampleRate)}</span>
    </p>
  )
}
