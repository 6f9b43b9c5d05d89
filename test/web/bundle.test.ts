// The page as it is built: what a browser needs before it shows anything is small enough for a slow line.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { buildWeb, WEB_DIST } from '../../local/command/web-build.ts'

/** Bytes of all scripts before the first screen, compressed by gzip; browsers get brotli, which is smaller. */
const INITIAL_BYTES_MAX = 300_000

beforeAll(() => buildWeb(), 120_000)

const read = (name: string): string => readFileSync(join(WEB_DIST, name), 'utf8')

/** The scripts that index.html names, and those that they import at once. */
function initialScripts(): string[] {
  const waiting = [...read('index.html').matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(
    ([, name]) => name ?? '',
  )
  const found = new Set<string>()
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    for (const [, imported] of read(name).matchAll(/(?:import|from)\s*["']\.\/([^"']+\.js)["']/g))
      waiting.push(`assets/${imported}`)
  }
  return [...found]
}

test('the scripts before the first screen have at most 300 kB, compressed', () => {
  const sizes = initialScripts().map((name) => ({ name, bytes: gzipSync(read(name), { level: 9 }).length }))
  // The script of the page and what it imports: each file costs a request.
  expect(sizes.length).toBeGreaterThan(0)
  expect(sizes.length).toBeLessThanOrEqual(3)
  expect(
    sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    JSON.stringify(sizes),
  ).toBeLessThanOrEqual(INITIAL_BYTES_MAX)
})

test('React is built for production, and neither antd nor charts nor schemas come first', () => {
  const code = initialScripts().map(read).join('\n')
  expect(code).not.toContain('react-dom-client.development')
  expect(code.includes('ZodError')).toBe(false)
  // The prefix of its classes.
  expect(code).not.toMatch(/getPrefixCls|cssinjs/)
  expect(code).not.toMatch(/zrender/)
})

test('each of them stands there compressed as well, for hosts that send files as they are', () => {
  for (const name of initialScripts()) {
    const path = join(WEB_DIST, name)
    const code = readFileSync(path)
    if (code.length < 1_400) continue
    expect(existsSync(`${path}.br`), name).toBe(true)
    expect(brotliDecompressSync(readFileSync(`${path}.br`)).equals(code), name).toBe(true)
    expect(gunzipSync(readFileSync(`${path}.gz`)).equals(code), name).toBe(true)
  }
})
