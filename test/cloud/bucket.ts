// S3 for tests: the operations that the buckets need, ranges of bytes and the list included, over HTTP, kept in memory.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { S3Client } from '@aws-sdk/client-s3'

export interface TestBucket {
  client(): S3Client
  /** Paths, bucket included, of what stands. */
  keys(): string[]
  /** The object under such a path. */
  bytes(path: string): Uint8Array | undefined
  close(): Promise<void>
}

const NO_SUCH_KEY = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>'

function sendRange(response: ServerResponse, found: Buffer, range: string): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  const part = found.subarray(Number(from), Number(to) + 1)
  const end = Number(from) + part.length - 1
  response.writeHead(206, { 'content-range': `bytes ${from}-${end}/${found.length}` }).end(part)
}

export async function startBucket(): Promise<TestBucket> {
  const objects = new Map<string, Buffer>()
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3')
    const path = decodeURIComponent(pathname)
    if (searchParams.has('list-type')) {
      const prefix = `/${path.split('/')[1]}/`
      const keys = [...objects.keys()].flatMap((one) => (one.startsWith(prefix) ? one.slice(prefix.length) : []))
      const wanted = keys.filter((one) => one.startsWith(searchParams.get('prefix') ?? '')).sort()
      const rows = wanted.map(
        (one) => `<Contents><Key>${one}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified></Contents>`,
      )
      response.end(
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListBucketResult>`,
      )
      return
    }
    const body = await buffer(request)
    const found = objects.get(path)
    if (request.method === 'PUT') objects.set(path, body)
    if (request.method === 'DELETE') objects.delete(path)
    if (request.method === 'GET' && !found)
      response.writeHead(404, { 'content-type': 'application/xml' }).end(NO_SUCH_KEY)
    else if (request.method === 'GET' && found && request.headers.range)
      sendRange(response, found, request.headers.range)
    else response.writeHead(request.method === 'DELETE' ? 204 : 200).end(request.method === 'GET' ? found : undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    client: () =>
      new S3Client({
        region: 'local',
        endpoint: `http://127.0.0.1:${port}`,
        forcePathStyle: true,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
    keys: () => [...objects.keys()],
    bytes: (path) => objects.get(path),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
