import type { RecordingSort } from '@/api/generated/types.gen'

/** Which recordings the list shows, and in what order. It lives in the page's address: `?q=lith&tag=live&sort=title`. */
export interface View {
  q?: string
  tag?: string
  sort?: RecordingSort
}

export const SORTS = [
  '-created',
  'created',
  'title',
  '-title',
  '-duration',
  'duration',
] as const satisfies RecordingSort[]
export const DEFAULT_SORT: RecordingSort = '-created'

const isSort = (value: unknown): value is RecordingSort => SORTS.some((sort) => sort === value)

// The router reads `?q=1999` as a number.
function words(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}

/** The view that an address asks for. What it can't mean is left out, and so is what goes without saying. */
export function asView(search: Record<string, unknown>): View {
  const [q, tag] = [words(search.q), words(search.tag)]
  const view: View = {}
  if (q !== '') view.q = q
  if (tag !== '') view.tag = tag
  if (isSort(search.sort) && search.sort !== DEFAULT_SORT) view.sort = search.sort
  return view
}

/** True when the view leaves recordings out. */
export function narrows({ q, tag }: View): boolean {
  return q !== undefined || tag !== undefined
}
