import { rmSync } from 'node:fs'

/** The service is still up here and may write once more, hence the second try. */
export default function removeData(): void {
  const folder = process.env.STEMSET_E2E_DATA
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
