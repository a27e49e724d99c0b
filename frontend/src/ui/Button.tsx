import type { ComponentProps } from 'react'

const LOOKS = {
  plain: 'border-line text-text hover:bg-raise',
  primary: 'border-transparent bg-accent text-bg hover:opacity-90',
  danger: 'border-transparent bg-bad text-bg hover:opacity-90',
  quiet: 'border-transparent text-muted hover:bg-raise hover:text-text',
} as const

const BASE =
  'inline-flex items-center justify-center gap-2 rounded-lg border font-medium whitespace-nowrap transition-colors disabled:opacity-50 aria-disabled:opacity-50'

export type ButtonProps = ComponentProps<'button'> & { look?: keyof typeof LOOKS }

/** Class names of a button, for links that look like one. */
export function buttonClass(look: keyof typeof LOOKS = 'plain'): string {
  return `${BASE} h-[34px] px-3.5 pointer-coarse:h-11 ${LOOKS[look]}`
}

export function Button({ look = 'plain', className = '', type = 'button', ...props }: ButtonProps) {
  return <button type={type} className={`${buttonClass(look)} ${className}`} {...props} />
}

/** A round button with an icon only; `label` is its accessible name and its tooltip. */
export function IconButton({
  label,
  look = 'quiet',
  className = '',
  type = 'button',
  ...props
}: ButtonProps & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`${BASE} size-9 rounded-full text-lg pointer-coarse:size-11 ${LOOKS[look]} ${className}`}
      {...props}
    />
  )
}
