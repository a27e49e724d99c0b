import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PlayerData, Share } from '@/api/generated'
import {
  createShareMutation,
  listSharesOptions,
  listSharesQueryKey,
  revokeShareMutation,
} from '@/api/generated/@tanstack/react-query.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { ErrorLine } from '@/ui/ErrorLine'
import { formatMoment } from '@/ui/format'
import { toWire } from '../state/mix'
import type { PlayerSession } from '../state/playerSession'
import { text } from './text'

function addressOf({ token }: Share): string {
  return `${location.origin}/s/${token}`
}

/** Copies a share's address. Sets `message` to one text when that worked, else to the other. */
function useCopy() {
  const [message, setMessage] = useState('')
  const copy = async (share: Share, done: string, otherwise: string) => {
    try {
      await navigator.clipboard.writeText(addressOf(share))
      setMessage(done)
    } catch {
      setMessage(otherwise)
    }
  }
  return { message, copy }
}

/** Makes links, shows those there are, and revokes them. */
export function Links({ session, data }: { session: PlayerSession; data: PlayerData }) {
  const path = { recording_id: data.recordingId }
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: listSharesQueryKey({ path }) })
  const links = useQuery(listSharesOptions({ path }))
  const { message, copy } = useCopy()
  const create = useMutation({
    ...createShareMutation(),
    onSuccess: async (share) => {
      await refresh()
      await copy(share, text.made, text.madeOnly)
    },
  })
  const revoke = useMutation({ ...revokeShareMutation(), onSuccess: refresh })
  const failure = create.error ?? revoke.error ?? links.error
  return (
    <section aria-labelledby="links" className="grid gap-2">
      <h3 id="links" className="font-semibold">
        {text.links}
      </h3>
      <p className="text-[13px] text-muted">{text.linksHint}</p>
      <Button
        look="primary"
        className="justify-self-start"
        disabled={create.isPending}
        onClick={() => create.mutate({ path, body: { jobId: data.jobId, mix: toWire(session.editor.snapshot().mix) } })}
      >
        {text.make}
      </Button>
      <ul className="grid gap-1.5">
        {links.data?.map((share) => (
          <LinkRow
            key={share.token}
            share={share}
            onCopy={() => void copy(share, text.copied, '')}
            onRevoke={() => revoke.mutate({ path: { ...path, token: share.token } })}
          />
        ))}
      </ul>
      <p role="status" className="text-[13px] text-muted empty:hidden">
        {links.data?.length === 0 ? text.noLinks : message}
      </p>
      {failure && <ErrorLine>{errorText(failure)}</ErrorLine>}
    </section>
  )
}

function LinkRow({ share, onCopy, onRevoke }: { share: Share; onCopy: () => void; onRevoke: () => void }) {
  const when = formatMoment(new Date(share.createdAt))
  return (
    <li className="flex items-center gap-2">
      <input
        readOnly
        className="field min-w-0 flex-1 font-mono text-xs"
        aria-label={`${text.linkField}, ${text.linkOf(when)}`}
        title={text.linkOf(when)}
        value={addressOf(share)}
        onFocus={(event) => event.target.select()}
      />
      <Button onClick={onCopy}>{text.copy}</Button>
      <Button look="quiet" aria-label={text.revokeOf(when)} onClick={onRevoke}>
        {text.revoke}
      </Button>
    </li>
  )
}
