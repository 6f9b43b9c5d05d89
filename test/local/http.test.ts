// The HTTP side of the host sends files as their bytes, with the headers of the handler.

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
