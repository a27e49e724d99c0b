import type { RecordingSort } from '@/api/generated/types.gen'

/** Which recordings the list shows, and in what order. It stands in the page's address: `?q=lith&tag=live&sort=title`. */
export interface ListView {
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
function parseWords(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}

/** Reads the view from an address. What is not valid is left out, and so are defaults. */
export function parseView(search: Record<string, unknown>): ListView {
  const [q, tag] = [parseWords(search.q), parseWords(search.tag)]
  const view: ListView = {}
  if (q !== '') view.q = q
  if (tag !== '') view.tag = tag
  if (isSort(search.sort) && search.sort !== DEFAULT_SORT) view.sort = search.sort
  return view
}

/** Whether the view leaves recordings out. */
export function isNarrowed({ q, tag }: ListView): boolean {
  return q !== undefined || tag !== undefined
}
