import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from './freePort'
import { ended, PYTHON, ROOT, startService } from './service'

/** A service whose songs and stems are in a bucket of a real S3 server; both end with `stop`. */
export interface ServiceOnS3 {
  address: string
  /** Where the bucket is; its files lie below. */
  bucket: string
  stop: () => Promise<void>
}

/** Why there is none here, or the service. */
export async function startServiceOnS3(): Promise<string | ServiceOnS3> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const s3 = spawn(PYTHON, ['-m', 'tests.support.s3', address], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(s3.stdout), 'line')) as [string]
  const told = JSON.parse(line) as Record<string, string>
  if (told.skip) return told.skip

  const stop = await startService(port, told)
  return {
    address,
    bucket: `${told.R2_ENDPOINT_URL}/${told.R2_BUCKET}/`,
    stop: async () => {
      await stop()
      s3.stdin.end()
      await ended(s3)
    },
  }
}
