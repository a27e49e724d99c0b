import { type DragEvent, useRef, useState } from 'react'

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files')
}

/** Handlers that make an element a target for dropped files. over: files hang above it now. */
export function useFileDrop(onFiles: (files: FileList) => void) {
  // Children fire enter and leave of their own, so entries are counted.
  const depth = useRef(0)
  const [over, setOver] = useState(false)
  const enter = (by: number) => {
    depth.current += by
    setOver(depth.current > 0)
  }
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => carriesFiles(event) && enter(1),
      onDragLeave: (event: DragEvent) => carriesFiles(event) && enter(-1),
      onDragOver: (event: DragEvent) => carriesFiles(event) && event.preventDefault(),
      onDrop: (event: DragEvent) => {
        if (!carriesFiles(event)) return
        event.preventDefault()
        depth.current = 0
        setOver(false)
        onFiles(event.dataTransfer.files)
      },
    },
  }
}
