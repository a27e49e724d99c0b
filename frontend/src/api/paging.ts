/** A page of a list, as the API answers it. */
interface Page {
  readonly items: readonly unknown[]
  readonly offset: number
  readonly total: number
}

/** Returns the offset of the page after this one; undefined when there is none. */
export function nextOffset({ items, offset, total }: Page): number | undefined {
  const next = offset + items.length
  return items.length > 0 && next < total ? next : undefined
}
