import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { KEYS, text } from '../text'

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={text.help} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5 text-[13px]">
        {KEYS.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt className="font-mono text-xs leading-5 text-muted">{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" className="flex justify-end">
        <Button type="submit">{text.close}</Button>
      </form>
    </Dialog>
  )
}
