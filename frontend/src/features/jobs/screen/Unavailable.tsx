import { Link } from '@tanstack/react-router'
import { errorText, isNotFound } from '@/api/problem'
import { Button, buttonClass } from '@/ui/Button'
import { Notice } from '@/ui/Notice'

interface UnavailableProps {
  /** null when the answer came, but is not what was asked for. */
  error: unknown
  words: { missing: string; missingHint: string; failed: string; retry: string; back: string }
  profileName: string
  onRetry: () => void
}

/** Stands in for a page whose subject does not exist, or could not be read. */
export function Unavailable({ error, words, profileName, onRetry }: UnavailableProps) {
  const missing = error === null || isNotFound(error)
  return (
    <Notice
      level="h1"
      urgent={!missing}
      title={missing ? words.missing : words.failed}
      actions={
        <>
          {!missing && <Button onClick={onRetry}>{words.retry}</Button>}
          <Link to="/p/$profileName" params={{ profileName }} className={buttonClass()}>
            {words.back}
          </Link>
        </>
      }
    >
      {missing ? words.missingHint : errorText(error)}
    </Notice>
  )
}
