// Builds the web page when its sources are newer than web/dist.

import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
export const WEB_DIST = join(ROOT, 'web', 'dist')
const BUILT = join(WEB_DIST, 'index.html')
const SOURCES = ['web/src', 'web/index.html', 'web/vite.config.ts', 'domain', 'package-lock.json']

/** Resolves when web/dist is up to date with the sources. Throws with the builder's own words when the build fails. */
export async function buildWeb(): Promise<void> {
  const built = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (SOURCES.every((source) => newest(join(ROOT, source)) <= built)) return
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  // A NODE_ENV of the caller, as that of tests, would put the development half of React into the page.
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, [vite, 'build', '--config', 'web/vite.config.ts', '--logLevel', 'error'], {
    env,
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`the web page could not be built:\n${Buffer.concat(said).toString()}`)
}

function newest(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
