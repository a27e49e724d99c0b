import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '..', '..')
export const PYTHON = resolve(ROOT, '.venv/bin/python')

export async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
}

/** Starts a service of a test's own, with these settings beside those of this machine; the returned function ends it. */
export async function startService(port: number, settings: Record<string, string>): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'stemset-e2e-own-'))
  const service = spawn(PYTHON, ['-m', 'stemset', 'serve', '--port', String(port)], {
    cwd: ROOT,
    env: { ...process.env, ...settings, STEMSET_DATA_DIR: data },
    stdio: process.env.DEBUG ? 'inherit' : 'ignore',
  })
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/health`).catch(() => null)
    if (answer?.ok) break
    if (service.exitCode !== null) throw new Error(`The service ended with ${service.exitCode}`)
    await new Promise((later) => setTimeout(later, 200))
  }
  return async () => {
    service.kill('SIGTERM')
    await ended(service)
    rmSync(data, { recursive: true, force: true })
  }
}
