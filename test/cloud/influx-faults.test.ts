// InfluxDB when it does not behave, over a real influxd: readings beyond its retention, a server that is away for a
// while, a wrong password, an answer that breaks off.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInfluxConsumption } from '../../cloud/series/influx/consumption.ts'
import { openInfluxReadings } from '../../cloud/series/influx/readings.ts'
import type { TouchedLedger } from '../../cloud/series/touched-ledger.ts'
import type { ReadingStore, StoredReading } from '../../functions/platform.ts'
import { INFLUX_USER, startInflux, type TestInflux } from './influx.ts'
import { passingTime } from './passing-time.ts'

const DAY_MS = 86_400_000
let influx: TestInflux
beforeAll(async () => {
  influx = await startInflux()
})
afterAll(() => influx.close())

/** A ledger that only counts what it was told of. */
function countingLedger(): TouchedLedger & { told: StoredReading[] } {
  let last = 0
  const told: StoredReading[] = []
  return {
    told,
    arrivals(count) {
      last += count
      return last - count + 1
    },
    add: async (stored) => void told.push(...stored),
    since: async (meters) => ({ mark: '', touched: [], unknown: meters }),
  }
}
const reading = (atMs: number, value: number): StoredReading => ({ meter: 'm-1', atMs, value, quality: 'good' })
const credentials = async () => INFLUX_USER

test('readings beyond retention are named one by one; the others stand and are told of', async () => {
  const ledger = countingLedger()
  const database = await influx.newDatabase('30d')
  const readings = openInfluxReadings({ url: influx.url, database, credentials, ledger, patience: passingTime() })
  const now = Date.now()
  const batch = Array.from({ length: 60 }, (_, n) => reading(now - n * 60_000 - (n % 3 === 0 ? 90 * DAY_MS : 0), n))
  const refused = await readings.append(batch, now)
  expect(refused.map(({ index }) => index)).toEqual(batch.flatMap((_, n) => (n % 3 === 0 ? [n] : [])))
  expect(refused[0].reason).toMatch(/beyond retention/)
  expect(ledger.told.map(({ value }) => value)).toEqual(batch.flatMap((_, n) => (n % 3 === 0 ? [] : [n])))
  expect(await readings.count(['m-1'])).toBe(40)
})

test('a server that is away for a while is asked again; one that stays away fails the append, and nothing is told', async () => {
  const time = passingTime()
  const ledger = countingLedger()
  const database = await influx.newDatabase()
  let backMs = time.now() + 3_000
  const flaky: typeof fetch = (...args) =>
    time.now() < backMs ? Promise.resolve(new Response('starting up', { status: 503 })) : fetch(...args)
  const readings = openInfluxReadings({ url: influx.url, database, credentials, ledger, fetch: flaky, patience: time })
  await readings.append([reading(1_764_000_000_000, 1)], 1)
  expect(await readings.count(['m-1'])).toBe(1)
  backMs = Number.POSITIVE_INFINITY
  const startMs = time.now()
  await expect(readings.append([reading(1_764_000_060_000, 1)], 1)).rejects.toThrow(/503: starting up/)
  expect(time.now() - startMs).toBeLessThan(30_000)
  expect(ledger.told).toHaveLength(1)
})

test.each([
  ['a wrong password', { user: INFLUX_USER.user, password: 'wrong' }],
  ['a token it does not know', { token: 'unknown' }],
  ['no credentials', undefined],
])('%s fails at once, as an error and not as a refused reading', async (_, wrong) => {
  const time = passingTime()
  const where = {
    url: influx.url,
    database: await influx.newDatabase(),
    credentials: async () => wrong,
    patience: time,
  }
  const readings = openInfluxReadings({ ...where, ledger: countingLedger() })
  await expect(readings.append([reading(1_764_000_000_000, 1)], 1)).rejects.toThrow(/InfluxDB answered 40[01]/)
  await expect(openInfluxConsumption(where).get(['m-1'], 0, 1)).rejects.toThrow(/InfluxDB/)
  expect(time.passed()).toBe(0)
})

/** A server that answers as it is told, for what influxd itself cannot be made to do. */
async function answering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  work: (url: string) => Promise<void>,
) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('an answer that breaks off, or that ends in an error, is no result', async () => {
  const piece = (text: string) =>
    `{"results":[{"series":[{"tags":{"meter":"m-1"},"values":[[1,2,3,4,"g"]]}]${text}}]}\n`
  await answering(
    (_, response) => void response.writeHead(200).write(piece(''), () => response.destroy()),
    async (url) => {
      const readings = openInfluxReadings({
        url,
        database: 'db',
        credentials,
        ledger: countingLedger(),
        patience: passingTime(),
      })
      await expect(readings.range(['m-1'], 0, 10)).rejects.toThrow()
    },
  )
  await answering(
    (_, response) => void response.writeHead(200).end(piece('') + piece(',"error":"timeout"')),
    async (url) => {
      const readings = openInfluxReadings({
        url,
        database: 'db',
        credentials,
        ledger: countingLedger(),
        patience: passingTime(),
      })
      await expect(readings.range(['m-1'], 0, 10)).rejects.toThrow(/timeout/)
    },
  )
})

test('a token goes out as InfluxDB 2 and 3 want it', async () => {
  const seen: (string | undefined)[] = []
  await answering(
    (request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(204).end()
    },
    async (url) => {
      const ledger = countingLedger()
      const readings = openInfluxReadings({ url, database: 'db', credentials: async () => ({ token: 'abc' }), ledger })
      await readings.append([reading(1, 1)], 1)
      expect(ledger.told).toHaveLength(1)
    },
  )
  expect(seen).toEqual(['Token abc'])
})

describe('credentials that change under a warm function', () => {
  /** A store and a server that takes `token` alone; `secret` answers in turn, an Error as a failed look-up. */
  const served = (
    secret: () => Promise<{ token: string }>,
    work: (at: {
      store: ReadingStore
      time: ReturnType<typeof passingTime>
      server: { token: string }
    }) => Promise<void>,
  ) => {
    const server = { token: 'first' }
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(request.headers.authorization === `Token ${server.token}` ? 204 : 401).end()
    return answering(answer, async (url) => {
      const time = passingTime()
      const where = { url, database: 'db', credentials: secret, ledger: countingLedger(), patience: time }
      await work({ store: openInfluxReadings(where), time, server })
    })
  }
  const one = [reading(1, 1)]

  test('are read again when the server refuses them, and the append succeeds', async () => {
    let [token, asked] = ['not set yet', 0]
    const secret = async () => {
      asked++
      return { token }
    }
    await served(secret, async ({ store, server }) => {
      await expect(store.append(one, 1)).rejects.toThrow(/401/)
      token = 'first'
      await store.append(one, 1)
      ;[token, server.token] = ['second', 'second']
      await store.append(one, 1)
      const before = asked
      for (let n = 0; n < 5; n++) await store.append(one, 1)
      expect(asked).toBe(before)
    })
  })

  test('are read again after a time, before the server refuses the old ones', async () => {
    let asked = 0
    const secret = async () => {
      asked++
      return { token: 'first' }
    }
    await served(secret, async ({ store, time }) => {
      await store.append(one, 1)
      time.move(10 * 60_000)
      await store.append(one, 1)
      expect(asked).toBe(2)
    })
  })

  test('that could not be read are read again by the same append and by the next', async () => {
    let failures = 3
    const secret = async () => {
      if (failures-- > 0) throw new Error('Secrets Manager is throttled')
      return { token: 'first' }
    }
    await served(secret, async ({ store }) => {
      await store.append(one, 1)
      failures = Number.POSITIVE_INFINITY
    })
    failures = Number.POSITIVE_INFINITY
    await served(secret, async ({ store }) => {
      await expect(store.append(one, 1)).rejects.toThrow('throttled')
      failures = 0
      await store.append(one, 1)
    })
  })
})
