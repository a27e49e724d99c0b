/** Four levels, one for each stem. */
export function Logo() {
  return (
    <span aria-hidden="true" className="flex h-4 items-end gap-0.5">
      <span className="h-[9px] w-[3px] rounded-xs bg-vocals" />
      <span className="h-4 w-[3px] rounded-xs bg-drums" />
      <span className="h-3 w-[3px] rounded-xs bg-bass" />
      <span className="h-[7px] w-[3px] rounded-xs bg-other" />
    </span>
  )
}
