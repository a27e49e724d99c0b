import type { Job } from '@/api/generated/types.gen'
import { DownloadIcon, PenIcon, TagIcon, TrashIcon } from '@/ui/icons'
import { MenuButton, type MenuItem } from '@/ui/Menu'
import { zipAddress } from './downloads'
import { text } from './text'

/** What a row shows instead of its usual face, or above the page. */
export type RowMode = 'title' | 'tags' | 'download' | 'delete' | null

interface RowMenuProps {
  title: string
  /** The job whose stems can be downloaded. */
  job: Job | null
  onMode: (mode: RowMode) => void
}

/** What can be done with a recording of the list. */
export function RowMenu({ title, job, onMode }: RowMenuProps) {
  const downloads: MenuItem[] = job
    ? [
        { label: text.downloadZip, icon: <DownloadIcon />, download: zipAddress(job) },
        { label: text.downloadStems, icon: <DownloadIcon />, onSelect: () => onMode('download') },
      ]
    : []
  return (
    <MenuButton
      label={text.menu(title)}
      groups={[
        [
          { label: text.rename, icon: <PenIcon />, onSelect: () => onMode('title') },
          { label: text.editTags, icon: <TagIcon />, onSelect: () => onMode('tags') },
        ],
        downloads,
        [{ label: text.deleteItem, icon: <TrashIcon />, danger: true, onSelect: () => onMode('delete') }],
      ]}
    />
  )
}
