import { Button } from './Button'

interface MoreButtonProps {
  /** A list that comes page by page. */
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
  label: string
  /** Shown while a page is on its way. */
  busyLabel?: string
}

/** Fetches the next page of a list; nothing once all of it is there. */
export function MoreButton({ list, label, busyLabel = label }: MoreButtonProps) {
  if (!list.hasNextPage) return null
  return (
    <Button className="justify-self-center" disabled={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
      {list.isFetchingNextPage ? busyLabel : label}
    </Button>
  )
}
