import { type ReactNode, useId } from 'react'

function openAtOnce(dialog: HTMLDialogElement | null): void {
  if (dialog && !dialog.open) dialog.showModal()
}

/**
 * A question or a choice above the page; the browser keeps the focus inside and gives it back afterwards.
 * It is open as long as it is drawn. Escape, or a button in a `<form method="dialog">`, closes it.
 */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const id = useId()
  return (
    <dialog
      ref={openAtOnce}
      aria-labelledby={id}
      onClose={onClose}
      className="m-auto w-[min(440px,calc(100vw-32px))] rounded-2xl border border-line bg-surface p-6 text-text shadow-2xl shadow-[#0008] backdrop:bg-[#0009]"
    >
      <div className="grid gap-4">
        <h2 id={id} className="text-[17px] font-semibold tracking-tight wrap-anywhere">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  )
}
