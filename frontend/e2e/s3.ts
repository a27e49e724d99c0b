import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './freePort'

const ROOT = resolve(import.meta.dirname, '..', '..')
const PYTHON = resolve(ROOT, '.venv/bin/python')

/** A service whose songs and stems are in a bucket of a real S3 server; both end with `stop`. */
export interface ServiceOnS3 {
  address: string
  /** Where the bucket is; its files lie below. */
  bucket: string
  stop: () => Promise<void>
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
}

/** Why there is none here, or the service. */
export async function startServiceOnS3(): Promise<string | ServiceOnS3> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const s3 = spawn(PYTHON, ['-m', 'tests.support.s3', address], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(s3.stdout), 'line')) as [string]
  const told = JSON.parse(line) as Record<string, string>
  if (told.skip) return told.skip

  const data = mkdtempSync(join(tmpdir(), 'stemset-e2e-s3-'))
  const service = spawn(PYTHON, ['-m', 'stemset', 'serve', '--port', String(port)], {
    cwd: ROOT,
    env: { ...process.env, ...told, STEMSET_DATA_DIR: data },
    stdio: process.env.DEBUG ? 'inherit' : 'ignore',
  })
  for (;;) {
    const answer = await fetch(`${address}/api/health`).catch(() => null)
    if (answer?.ok) break
    if (service.exitCode !== null) throw new Error(`The service ended with ${service.exitCode}`)
    await new Promise((later) => setTimeout(later, 200))
  }
  return {
    address,
    bucket: `${told.R2_ENDPOINT_URL}/${told.R2_BUCKET}/`,
    stop: async () => {
      service.kill('SIGTERM')
      await ended(service)
      s3.stdin.end()
      await ended(s3)
      rmSync(data, { recursive: true, force: true })
    },
  }
}
