import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** What the page needs to come up without a network: not the big tools that few people use. */
const LEFT_OUT = /mediabunny|encode-|cyrillic|greek|vietnamese|latin-ext|\.map$/

/** Writes sw.js: the worker's source with the list of this build's files, so that each build has its own version. */
export function serviceWorker(): Plugin {
  return {
    name: 'stemset-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/') && !LEFT_OUT.test(name))
        .map((name) => `/${name}`)
      const shell = ['/', '/icon.svg', '/theme.js', '/manifest.webmanifest', ...files.sort()]
      const version = createHash('sha256').update(shell.join('\n')).digest('hex').slice(0, 12)
      const source = readFileSync(new URL('./sw.js', import.meta.url), 'utf8')
      const told = `const VERSION = ${JSON.stringify(version)}\nconst SHELL = ${JSON.stringify(shell)}\n`
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: told + source })
    },
  }
}
