import { createContext, useContext, useSyncExternalStore } from 'react'
import { type Upload, Uploads } from './uploads'

export const UploadsContext = createContext(new Uploads())

export function useUploads(): Uploads {
  return useContext(UploadsContext)
}

/** The uploads of one profile, as they change. */
export function useUploadsOf(profile: string): readonly Upload[] {
  const uploads = useUploads()
  const all = useSyncExternalStore(uploads.subscribe, uploads.snapshot)
  return all.filter((upload) => upload.request.profile === profile)
}
