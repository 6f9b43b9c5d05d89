// The function that makes InfluxDB's token, over a server that answers as InfluxDB 2's documentation says, and its
// answer to CloudFormation.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type CustomResourceEvent, customResource } from '../../../cloud/events/custom-resource.ts'
import { renewToken } from '../../../cloud/series/influx/token.ts'
import { passingTime } from '../passing-time.ts'

interface Request {
  method: string
  path: string
  headers: Record<string, unknown>
  body: string
}

/** A server that answers by `answer` and remembers what it was asked. */
async function served(answer: (request: Request) => { status?: number; cookie?: string; json?: unknown }) {
  const asked: Request[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const one = { method, path, headers, body: await text(request) }
    asked.push(one)
    const { status = 200, cookie, json } = answer(one)
    response.writeHead(status, cookie ? { 'set-cookie': cookie } : {})
    response.end(json === undefined ? '' : JSON.stringify(json))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** InfluxDB 2 with one organization and bucket, as Timestream for InfluxDB makes it. */
async function influxdb({ startsUp = 0 } = {}) {
  const tokens = new Map([['0', { id: '0', description: "kilowatch's Token", token: 'operator' }]])
  const mappings: unknown[] = []
  const { url, asked } = await served(({ method, path, headers, body }) => {
    if (startsUp-- > 0) return { status: 503 }
    if (path === '/api/v2/signin') {
      const wanted = `Basic ${Buffer.from('kilowatch:first').toString('base64')}`
      if (headers.authorization !== wanted) return { status: 401, json: { code: 'unauthorized' } }
      return { status: 204, cookie: 'influxdb-oss-session=abc; Path=/api/; HttpOnly' }
    }
    if (headers.cookie !== 'influxdb-oss-session=abc') return { status: 401 }
    switch (`${method} ${path.replace(/\?.*/, '').replace(/\/\d+$/, '/ID')}`) {
      case 'GET /api/v2/orgs':
        return { json: { orgs: [{ id: 'org', name: 'kilowatch' }] } }
      case 'GET /api/v2/buckets':
        return { json: { buckets: [{ id: 'bucket', name: 'kilowatch' }] } }
      case 'GET /api/v2/dbrps':
        return { json: { content: mappings } }
      case 'POST /api/v2/dbrps':
        mappings.push(JSON.parse(body))
        return { status: 201, json: {} }
      case 'GET /api/v2/authorizations':
        return { json: { authorizations: [...tokens.values()] } }
      case 'POST /api/v2/authorizations': {
        const made = { ...JSON.parse(body), id: String(tokens.size), token: `token ${tokens.size}` }
        tokens.set(made.id, made)
        return { status: 201, json: made }
      }
      case 'DELETE /api/v2/authorizations/ID':
        return { status: tokens.delete(path.split('/').at(-1) ?? '') ? 204 : 404 }
    }
    return { status: 404 }
  })
  return { url, asked, tokens, mappings }
}

const renewed = async (url: string, password = 'first') => {
  const kept: string[] = []
  const keep = async (token: string) => void kept.push(token)
  await renewToken({ url, database: 'kilowatch', password, keep, patience: passingTime() })
  return kept
}

test('a token that reads and writes one bucket is made and stored, and the v1 API finds the bucket', async () => {
  const { url, tokens, mappings } = await influxdb({ startsUp: 2 })
  expect(await renewed(url)).toEqual(['token 1'])
  const resource = { type: 'buckets', id: 'bucket', orgID: 'org' }
  expect(tokens.get('1')).toMatchObject({
    orgID: 'org',
    permissions: [
      { action: 'read', resource },
      { action: 'write', resource },
    ],
  })
  expect(mappings).toEqual([
    { orgID: 'org', bucketID: 'bucket', database: 'kilowatch', retention_policy: 'autogen', default: true },
  ])
})

test('a new token ends the one before and no other, once it is stored', async () => {
  const { url, tokens, mappings } = await influxdb()
  await renewed(url)
  const failing = { url, database: 'kilowatch', password: 'first', patience: passingTime() }
  await expect(renewToken({ ...failing, keep: () => Promise.reject(new Error('no right')) })).rejects.toThrow(
    'no right',
  )
  expect([...tokens.keys()]).toEqual(['0', '1', '2'])
  expect(await renewed(url)).toEqual(['token 3'])
  expect([...tokens.keys()]).toEqual(['0', '3'])
  expect(mappings).toHaveLength(1)
})

test('a wrong password is an error with the answer, at once', async () => {
  const { url, asked } = await influxdb()
  await expect(renewed(url, 'other')).rejects.toThrow('401 to POST /api/v2/signin')
  expect(asked).toHaveLength(1)
})

test('CloudFormation gets an answer whatever happens', async () => {
  const { url, asked } = await served(() => ({}))
  const event = (RequestType: CustomResourceEvent['RequestType']): CustomResourceEvent => ({
    ...{ RequestType, ResponseURL: `${url}/answer?signed`, StackId: 's', RequestId: 'r', LogicalResourceId: 'Made' },
  })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const setUp = vi.fn(async () => undefined)
  await customResource(setUp)(event('Create'))
  await customResource(setUp)(event('Delete'))
  expect(setUp).toHaveBeenCalledTimes(1)
  await customResource(() => Promise.reject(new Error('x'.repeat(9_000))))(event('Update'))
  expect(asked.map(({ method, headers }) => [method, headers['content-type']])).toEqual(Array(3).fill(['PUT', '']))
  const answers = asked.map(({ body }) => JSON.parse(body))
  expect(answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS', 'FAILED'])
  expect(answers[2].Reason).toMatch(/^Error: x+$/)
  expect(JSON.stringify(answers[2]).length).toBeLessThan(4096)
})
