// Everything that a broken or hostile device does to a real host, and what becomes of it: what docs/operations.md says.
// Through all of it a good neighbour goes on publishing; in the end it has lost nothing and was never cut off.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { IClientOptions } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type DeviceGateway, startGateway } from '../../devices/gateway.ts'
import type { UplinkState } from '../../devices/uplink.ts'
import { type Client, clientOf } from '../../local/command/client.ts'
import { type Host, startHost } from '../../local/host.ts'
import {
  BAD_BYTES,
  BAD_CONNECTIONS,
  BAD_PUBLISHES,
  BAD_SUBSCRIPTIONS,
  badMessages,
  credentials,
  message,
  ODD_PUBLISHES,
  PASSWORDS,
} from './bad-messages.ts'
import { BAD_PATHS, badRequests, basic } from './bad-requests.ts'
import { eventually, projectRoot } from './host-process.ts'
import { connectPeer, type Peer, sendBytes } from './mqtt-peer.ts'

const NOW_MS = Date.now()
const START_MS = NOW_MS - 30 * 86_400_000
const GATEWAYS = ['bad', 'neighbour', 'victim'] as const
const READINGS = 'kw/v1/bad/readings'
const STORM = 300

let folder: string
let host: Host
let client: Client
let neighbour: Neighbour
const log: string[] = []
const peers: Peer[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kilowatch-hostile-'))
  const web = join(folder, 'web')
  mkdirSync(web)
  writeFileSync(join(web, 'index.html'), '<title>the page</title>')
  writeFileSync(join(folder, 'secret.txt'), 'SECRET')
  host = await startHost({
    ...{ data: join(folder, 'data'), port: 0, mqttPort: 0, host: '127.0.0.1', web: () => web },
    log: (line) => log.push(line),
  })
  client = clientOf(host)
  await client.put('registry', registry())
  neighbour = startNeighbour()
  await eventually('the neighbour is online', () => neighbour.states.includes('online'))
})

afterEach(() => {
  for (const peer of peers.splice(0)) peer.cut()
})

afterAll(async () => {
  await neighbour?.gateway.stop()
  await host?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a connection is refused', () => {
  test.each(BAD_CONNECTIONS)('$behaviour: CONNACK $answer', async ({ options, answer }) => {
    expect(await connectPeer(host.mqttUrl, options)).toBe(`refused ${answer}`)
  })
})

describe('a bad message is acknowledged and kept with its reason', () => {
  test.each(badMessages(NOW_MS))('$behaviour: $code', async ({ payload, code, stored = 0 }) => {
    const before = await standing()
    const peer = await connected()
    expect(await peer.publish(READINGS, payload)).toBe('acknowledged')
    const after = await standing()
    expect(after.stored - before.stored).toBe(stored)
    expect(after.codes.slice(0, after.codes.length - before.codes.length)).toEqual([code])
    expect(peer.isConnected()).toBe(true)
  })
})

describe('an unusual message is stored', () => {
  test.each(ODD_PUBLISHES)('$behaviour', async ({ options }) => {
    const payload = fresh()
    const before = await standing()
    const peer = await connected()
    const isAgain = 'dup' in options
    if (isAgain) await peer.publish(READINGS, payload)
    expect(await peer.publish(READINGS, payload, options)).toBe('acknowledged')
    await eventually('it is stored', async () => (await standing()).stored === before.stored + 1)
    expect(peer.isConnected()).toBe(true)
  })
})

describe('the connection is closed and nothing stored', () => {
  test.each(BAD_PUBLISHES)('$behaviour', async ({ topic, payload }) => {
    const before = await standing()
    const peer = await connected()
    expect(await peer.publish(topic, payload ?? ofVictim(), { retain: true })).toBe('closed')
    expect(await standing()).toEqual(before)
  })

  test('a last will that speaks for another gateway', async () => {
    const before = await standing()
    const topic = 'kw/v1/victim/readings'
    const peer = await connected({ will: { topic, payload: Buffer.from(ofVictim()), qos: 1, retain: true } })
    peer.cut()
    await eventually('it was refused', () => log.includes(`gateway "bad" may not publish to "${topic}"`))
    expect(await standing()).toEqual(before)
  })

  test.each(BAD_BYTES)('$behaviour', async ({ bytes }) => {
    const answer = await sendBytes(portOf(host.mqttUrl), [bytes])
    expect(answer.length).toBeLessThan(8)
  })
})

describe('a subscription is refused and the connection stays', () => {
  test.each(BAD_SUBSCRIPTIONS)('$behaviour', async ({ filter }) => {
    const peer = await connected()
    expect(await peer.subscribe(filter)).toBe('refused')
    expect(await peer.subscribe('kw/v1/bad/commands')).toBe('granted')
  })
})

test(`${STORM} connections at once, most with wrong passwords: each gets its own answer`, async () => {
  const attempts = Array.from({ length: STORM }, (_, index) => {
    if (index % 3 === 0) return connectPeer(host.mqttUrl, { ...credentials('bad'), password: 'wrong' })
    if (index % 3 === 1) return connectPeer(host.mqttUrl, { ...credentials('victim'), password: `guess ${index}` })
    return connectPeer(host.mqttUrl, credentials('bad'))
  })
  const answers = await Promise.all(attempts)
  for (const answer of answers) if (typeof answer !== 'string') peers.push(answer)
  expect(answers.filter((answer) => answer === 'refused 4')).toHaveLength((STORM * 2) / 3)
})

describe('an HTTP request is refused', () => {
  test.each(badRequests('').map(({ behaviour, status }, index) => ({ behaviour, status, index })))(
    '$behaviour: $status',
    async ({ status, index }) => {
      const { path, init } = badRequests(host.adminToken)[index]
      const before = await standing()
      const response = await fetch(`${host.httpUrl}/api/v1/${path}`, init)
      expect(response.status).toBe(status)
      if (status < 413) expect(response.headers.get('content-type')).toContain('application/problem+json')
      expect(await standing()).toEqual(before)
    },
  )

  test.each(BAD_PATHS)('$behaviour: $status', async ({ path, status }) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    const answer = (await sendBytes(portOf(host.httpUrl), [request])).toString()
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect(answer).not.toContain('SECRET')
    expect(answer).not.toContain('root:')
  })

  test.each(['bytes=10-5', 'bytes=-1', 'bytes=9999-', 'bytes=--', 'nonsense'])(
    'but for a part of the page (%s), which gets the whole',
    async (range) => {
      const response = await fetch(host.httpUrl, { headers: { range } })
      expect({ status: response.status, body: await response.text() }).toEqual({
        ...{ status: 200, body: '<title>the page</title>' },
      })
    },
  )
})

test('readings over HTTP with the credentials of a gateway are treated as those over MQTT, each on its own', async () => {
  const before = await standing()
  const bodies = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? fresh() : '{'))
  const url = `${host.httpUrl}/api/v1/readings`
  const headers = basic('bad', PASSWORDS.bad)
  const responses = await Promise.all(bodies.map((body) => fetch(url, { method: 'POST', headers, body })))
  expect(responses.map(({ status }) => status)).toEqual(bodies.map(() => 200))
  const after = await standing()
  expect(after.stored - before.stored).toBe(50)
  expect(after.codes.slice(0, after.codes.length - before.codes.length)).toEqual(Array(50).fill('notJson'))
})

test('after all of it the good neighbour has lost nothing, was never cut off, and the host is well', async () => {
  neighbour.finish()
  await neighbour.gateway.drained()
  expect(neighbour.states.filter((state) => state === 'online')).toHaveLength(1)
  const query = `from=${START_MS}&to=${NOW_MS}&grain=raw`
  const { points } = await client.get<{ points: unknown[] }>(`meters/neighbour-E/series?${query}`)
  expect(points.length).toBeGreaterThan(500)
  expect(points).toEqual(Array.from({ length: neighbour.given() }, (_, i) => ({ atMs: START_MS + i * 1000, value: i })))
  expect((await client.get<{ items: unknown[] }>('rejections?gateway=neighbour')).items).toEqual([])
  expect(await client.get('health')).toMatchObject({ status: 'ok', institutions: GATEWAYS.length })
})

test('docs/operations.md says all of this', () => {
  const text = readFileSync(join(projectRoot, 'docs', 'operations.md'), 'utf8')
  const [, section] = text.split(/^## What happens to bad input$/m)
  const rows = section.split(/^## /m)[0].matchAll(/^\| (?!---|What)(.*?) +\| (.*?) +\|$/gm)
  const written = Array.from(rows, ([, behaviour, treatment]) => `${behaviour} → ${treatment}`)
  expect(written).toEqual(documentedRows())
})

/** Every row of every table above, in words. */
function documentedRows(): string[] {
  const closed = 'the connection is closed; nothing is stored'
  return [
    ...BAD_CONNECTIONS.map(({ behaviour, answer }) => `${behaviour} → refused with CONNACK ${answer}`),
    ...badMessages(0).map(({ behaviour, code, stored }) =>
      stored
        ? `${behaviour} → acknowledged; the good ones are stored, the bad one is kept as \`${code}\``
        : `${behaviour} → acknowledged; kept as \`${code}\``,
    ),
    ...ODD_PUBLISHES.map(({ behaviour, treatment }) => `${behaviour} → ${treatment}`),
    ...BAD_PUBLISHES.map(({ behaviour }) => `${behaviour} → ${closed}`),
    'a last will that speaks for another gateway → never published; nothing is stored',
    ...BAD_BYTES.map(({ behaviour }) => `${behaviour} → ${closed}`),
    `${STORM} connections at once, most with wrong passwords → each gets its own answer`,
    ...BAD_SUBSCRIPTIONS.map(({ behaviour }) => `${behaviour} → SUBACK 128; the connection stays`),
    ...badRequests('').map(({ behaviour, status }) => `${behaviour} → HTTP ${status}`),
    ...BAD_PATHS.map(({ behaviour, status }) => `${behaviour} → HTTP ${status}`),
    'a `Range` of the page → ignored; the whole file is sent',
  ]
}

/** Connects as the bad gateway, with its right password. */
async function connected(options: IClientOptions = {}): Promise<Peer> {
  const peer = await connectPeer(host.mqttUrl, { ...credentials('bad'), ...options })
  if (typeof peer === 'string') throw new Error(peer)
  peers.push(peer)
  return peer
}

const portOf = (url: string): number => Number(new URL(url).port)
const ofVictim = (): string => message([{ meter: 'victim-E', at: START_MS, value: 1 }])

let freshMs = START_MS
/** A good message of the bad gateway. */
function fresh(): string {
  freshMs += 1000
  return message([{ meter: 'bad-E', at: freshMs, value: 1 }])
}

/** How much stands of the two, and the codes of what was refused of them, the newest first. */
async function standing(): Promise<{ stored: number; codes: string[] }> {
  const stored = await host.platform.readings.count(['bad-E', 'victim-E'])
  const codes: string[] = []
  for (const gateway of ['bad', 'victim']) {
    const { items } = await client.get<{ items: { code: string }[] }>(`rejections?gateway=${gateway}&limit=500`)
    codes.push(...items.map(({ code }) => code))
  }
  return { stored, codes }
}

interface Neighbour {
  gateway: DeviceGateway
  states: UplinkState[]
  /** Readings given to its outbox. */
  given(): number
  finish(): void
}

/** A gateway that publishes a reading every few milliseconds until it is told to finish. */
function startNeighbour(): Neighbour {
  let count = 0
  let isOver = false
  const states: UplinkState[] = []
  const gateway = startGateway({
    ...{ id: 'neighbour', password: PASSWORDS.neighbour, url: host.mqttUrl },
    ...{ outbox: { file: join(folder, 'neighbour.outbox') }, readingsPerMessage: 2 },
    onState: (state) => states.push(state),
    source: {
      async *readings() {
        for (; !isOver; count++) {
          yield [{ meter: 'neighbour-E', at: START_MS + count * 1000, value: count }]
          await pause(3)
        }
      },
    },
  })
  const finish = () => {
    isOver = true
  }
  return { gateway, states, given: () => count, finish }
}

const registry = () => ({
  areas: [{ code: 'hostile', name: '试验区', level: 'county' }],
  institutions: GATEWAYS.map((id) => ({
    ...{ id, name: id, area: 'hostile', type: 'other', sizes: [{ validFrom: '2000-01-01', floorAreaM2: 1 }] },
  })),
  gateways: GATEWAYS.map((id) => ({ id, institution: id, password: PASSWORDS[id] })),
  meters: GATEWAYS.map((id) => ({
    ...{ id: `${id}-E`, institution: id, gateway: id, medium: 'electricity', unit: 'kWh', kind: 'register' },
  })),
})
