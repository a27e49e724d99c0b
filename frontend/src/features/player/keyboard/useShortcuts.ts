import { useEffectEvent, useLayoutEffect } from 'react'
import { type CommandTarget, commandOf, focusOf, runCommand } from './keys'

/** The keys work from the moment that the player is seen: an effect after the painting would lose the first ones. */
export function useShortcuts(target: CommandTarget): void {
  const run = useEffectEvent((event: KeyboardEvent) => {
    const command = event.defaultPrevented ? null : commandOf(event, focusOf(event.target))
    if (!command) return
    event.preventDefault()
    runCommand(command, target)
  })
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => run(event)
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}
