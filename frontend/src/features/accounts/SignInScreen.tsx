import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type Ref, useId, useRef, useState } from 'react'
import { signInMutation } from '@/api/generated/@tanstack/react-query.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { Logo } from '@/ui/Logo'
import { cacheSession } from './session'
import { text } from './text'

/** Asks for the key of a closed service. onSignedIn: called once this browser has a session. */
export function SignInScreen({ onSignedIn }: { onSignedIn: () => void }) {
  const queryClient = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [key, setKey] = useState('')
  const signIn = useMutation({
    ...signInMutation(),
    onSuccess: (session) => {
      cacheSession(queryClient, session)
      onSignedIn()
    },
    onError: () => input.current?.focus(),
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    if (key.trim() !== '' && !signIn.isPending) signIn.mutate({ body: { key: key.trim() } })
  }

  return (
    <>
      <title>{text.pageTitle}</title>
      <main id="content" className="grid min-h-dvh place-items-center px-4 py-10">
        <form
          onSubmit={submit}
          className="grid w-full max-w-[380px] gap-5 rounded-[14px] border border-line bg-surface p-6 sm:p-8"
        >
          <p className="flex items-center gap-2.5 text-[17px] font-semibold tracking-tight">
            <Logo />
            stemset
          </p>
          <div className="grid gap-1.5">
            <h1 className="text-[22px] font-semibold tracking-tight">{text.title}</h1>
            <p className="text-[13px] text-muted">{text.note}</p>
          </div>
          <KeyField ref={input} value={key} onChange={setKey} error={signIn.isError ? errorText(signIn.error) : null} />
          <Button type="submit" look="primary" aria-disabled={signIn.isPending} className="h-10">
            {signIn.isPending ? text.signingIn : text.signIn}
          </Button>
        </form>
      </main>
    </>
  )
}

interface KeyFieldProps {
  ref: Ref<HTMLInputElement>
  value: string
  onChange: (value: string) => void
  /** Why the key was refused. */
  error: string | null
}

function KeyField({ ref, value, onChange, error }: KeyFieldProps) {
  const field = useId()
  return (
    <div className="grid gap-1.5">
      <label htmlFor={field} className="text-[13px] text-muted">
        {text.key}
      </label>
      <input
        ref={ref}
        id={field}
        type="password"
        name="key"
        autoComplete="current-password"
        // biome-ignore lint/a11y/noAutofocus: it is the one thing to do on this page
        autoFocus
        required
        maxLength={400}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : `${field}-error`}
        className="h-10 rounded-lg border border-line-strong bg-bg px-3 aria-invalid:border-bad pointer-coarse:h-11"
      />
      {error !== null && (
        <p id={`${field}-error`} role="alert" className="text-[13px] text-bad">
          {error}
        </p>
      )}
    </div>
  )
}
