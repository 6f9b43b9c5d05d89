// The HTTP side of the host sends files as their bytes, with the headers of the handler.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { startHttp } from '../../local/http.ts'

test('an answer in base64 is sent as its bytes', async () => {
  const bytes = Uint8Array.from([0x50, 0x4b, 0x03, 0x04, 0xff, 0x00])
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    adminToken: 'a',
    web: () => undefined,
    verify: async () => false,
    api: async () => ({
      statusCode: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': "attachment; filename*=UTF-8''%E6",
      },
      body: Buffer.from(bytes).toString('base64'),
      isBase64Encoded: true,
    }),
  })
  onTestFinished(() => server.close())
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/reports/A/2026-05/revisions/1/files/x`)
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
})

test('an answer is compressed for who can read that, tagged, and not sent again to who has it', async () => {
  const text = JSON.stringify({ items: Array(500).fill('机构') })
  const server = await startHttp({
    ...{ host: '127.0.0.1', port: 0, adminToken: 'a', web: () => undefined, verify: async () => false },
    api: async () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: text }),
  })
  onTestFinished(() => server.close())
  const url = `http://127.0.0.1:${server.port}/api/v1/institutions`
  const ask = (headers: Record<string, string>, method = 'GET') => fetch(url, { method, headers })
  for (const coding of ['br', 'gzip', 'identity', 'br;q=0, gzip;q=0']) {
    const answer = await ask({ 'accept-encoding': coding })
    expect(answer.headers.get('content-encoding')).toBe(/^(br|gzip)$/.test(coding) ? coding : null)
    expect(await answer.text()).toBe(text)
  }
  const etag = (await ask({})).headers.get('etag') ?? ''
  expect(etag).toMatch(/^W\/"/)
  expect((await ask({ 'if-none-match': `"x", ${etag}` })).status).toBe(304)
  const head = await ask({ 'accept-encoding': 'identity' }, 'HEAD')
  expect([head.status, await head.text(), Number(head.headers.get('content-length'))]).toEqual([
    200,
    '',
    Buffer.byteLength(text),
  ])
})

test('a file of the page is sent compressed to who can read that, is kept for good, and is not sent again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kilowatch-page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const code = 'export const a = 1\n'.repeat(500)
  const file = join(folder, 'assets', 'a-1234.js')
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(file, code)
  await writeFile(`${file}.br`, brotliCompressSync(code))
  await writeFile(`${file}.gz`, gzipSync(code))
  const server = await startHttp({
    ...{ host: '127.0.0.1', port: 0, adminToken: 'a', web: () => folder, verify: async () => false },
    api: async () => ({ statusCode: 404 }),
  })
  onTestFinished(() => server.close())
  const ask = (headers: Record<string, string>, method = 'GET') =>
    fetch(`http://127.0.0.1:${server.port}/assets/a-1234.js`, { method, headers })
  for (const [accepted, coding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const answer = await ask({ 'accept-encoding': accepted })
    expect(answer.headers.get('content-encoding')).toBe(coding)
    expect(answer.headers.get('content-type')).toContain('javascript')
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect(answer.headers.get('vary')).toMatch(/accept-encoding/i)
    expect(await answer.text()).toBe(code)
  }
  const etag = (await ask({ 'accept-encoding': 'br' })).headers.get('etag') ?? ''
  expect((await ask({ 'accept-encoding': 'br', 'if-none-match': etag })).status).toBe(304)
  const head = await ask({ 'accept-encoding': 'identity' }, 'HEAD')
  expect([head.status, await head.text(), Number(head.headers.get('content-length'))]).toEqual([200, '', code.length])
})

test('the configuration of the page says who reads and how the host is, by the cookie alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kilowatch-page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  const asked: string[] = []
  let isReady = true
  const server = await startHttp({
    ...{ host: '127.0.0.1', port: 0, adminToken: 'a', web: () => folder, verify: async () => false },
    async api({ rawPath, headers, requestContext }) {
      asked.push(`${rawPath} ${headers.authorization}`)
      const { lambda } = (requestContext as unknown as { authorizer: { lambda: object } }).authorizer
      if (!isReady && rawPath.endsWith('health')) return { statusCode: 503, body: '{}' }
      return { statusCode: 200, body: JSON.stringify({ rawPath, lambda }) }
    },
  })
  onTestFinished(() => server.close())
  const ask = () => fetch(`http://127.0.0.1:${server.port}/config.json`, { headers: { authorization: 'Bearer a' } })
  const told = await ask()
  expect(told.headers.get('cache-control')).toBe('no-store')
  expect(await told.json()).toEqual({
    session: { rawPath: '/api/v1/session', lambda: { role: 'anyone' } },
    health: { rawPath: '/api/v1/health', lambda: { role: 'anyone' } },
  })
  expect(asked).toEqual(['/api/v1/session undefined', '/api/v1/health undefined'])
  // What is not known is left out: the page asks for it until it is.
  isReady = false
  expect(Object.keys(await (await ask()).json())).toEqual(['session'])
})
