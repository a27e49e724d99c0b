const FOLDER = 'exports'

/** A file that grows on disk while it is written, so that a long song needs no memory. */
export interface ScratchFile {
  readonly writable: FileSystemWritableFileStream
  file(): Promise<File>
}

/** A new scratch file; those of earlier exports are removed. null where the browser has no disk for pages. */
export async function createScratchFile(): Promise<ScratchFile | null> {
  try {
    const root = await navigator.storage.getDirectory()
    await root.removeEntry(FOLDER, { recursive: true }).catch(() => {})
    const folder = await root.getDirectoryHandle(FOLDER, { create: true })
    const handle = await folder.getFileHandle(crypto.randomUUID(), { create: true })
    return { writable: await handle.createWritable(), file: () => handle.getFile() }
  } catch {
    return null
  }
}
