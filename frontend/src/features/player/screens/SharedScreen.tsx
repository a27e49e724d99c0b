import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { getSharedOptions } from '@/api/generated/@tanstack/react-query.gen'
import { isNotFound } from '@/api/problem'
import { Deck } from '../deck/Deck'
import { text } from '../share/text'
import { fromWire } from '../state/mix'
import { NotThere } from './NotThere'
import { Opening } from './PlayerScreen'

/** What a link opens: the mix that was shared, to listen to and to play with, kept nowhere. */
export function SharedScreen({ token }: { token: string }) {
  const { data: shared, ...query } = useQuery({
    ...getSharedOptions({ path: { token } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const mix = useMemo(() => shared && fromWire(shared.mix, shared.player.frames), [shared])
  if (query.isError && isNotFound(query.error)) return <NotThere title={text.noShare}>{text.noShareHint}</NotThere>
  if (!shared || !mix) {
    return <Opening error={query.isError ? query.error : null} onRetry={() => query.refetch()} />
  }
  const { player } = shared
  return (
    <Deck
      data={player}
      title={player.title}
      mix={mix}
      saved={null}
      editable={false}
      heading={
        <p className="min-w-0 flex-1 truncate">
          <b className="font-semibold">{player.title}</b>
          <span className="text-muted max-sm:hidden"> · {text.shared(player.strategy, player.stems.length)}</span>
        </p>
      }
      banner={<p className="note-bar">{text.sharedNote}</p>}
    />
  )
}
