import type { Strategy } from '@/api/generated/types.gen'
import { errorText } from '@/api/problem'
import { Button } from '@/ui/Button'
import { DownloadIcon } from '@/ui/icons'
import { ProgressBar } from '@/ui/ProgressBar'
import { WithCode } from '@/ui/WithCode'
import { text } from './text'
import { isPreparing, usePrepare } from './useStrategies'

/** Fetches ahead what a strategy needs: the button, how far it is, or why it failed. */
export function Prepare({ strategy }: { strategy: Strategy }) {
  const prepare = usePrepare()
  const { name, ready, downloadBytes, missing } = strategy
  if (isPreparing(strategy)) {
    return (
      <div className="grid max-w-md gap-1.5">
        <p className="text-[13px] text-muted">{text.preparing(strategy.preparing ?? 0)}</p>
        <ProgressBar label={text.prepareProgress(name)} fraction={strategy.preparing ?? 0} />
      </div>
    )
  }
  if (ready) return null
  const failure = prepare.isError ? errorText(prepare.error) : strategy.failure
  return (
    <div className="grid justify-items-start gap-2">
      <p className="text-[13px] text-muted wrap-anywhere">
        {text.missing(missing)} {downloadBytes > 0 && text.prepareHint(downloadBytes)}
      </p>
      {failure && (
        <div role="alert" className="grid gap-1 text-[13px]">
          <p className="text-bad wrap-anywhere">
            <WithCode>{text.notPrepared(failure)}</WithCode>
          </p>
          {prepare.isError && (
            <p className="text-muted">
              <WithCode>{text.byHand(name)}</WithCode>
            </p>
          )}
        </div>
      )}
      {downloadBytes > 0 && (
        <Button
          aria-label={failure ? text.prepareAgainOf(name) : text.prepareOf(name)}
          disabled={prepare.isPending}
          onClick={() => prepare.mutate({ path: { name } })}
        >
          <DownloadIcon className="text-base" />
          {failure ? text.prepareAgain : text.prepare}
        </Button>
      )}
    </div>
  )
}
