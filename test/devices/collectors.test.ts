// A collector of the guideline of 2008 → gateway → host: it signs in, reports, is cut off and catches up; and what a
// stranger, a wrong secret and values that mean nothing come to.

import assert from 'node:assert'
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { encodeMohurd } from '../../devices/codecs/mohurd.ts'
import { centreTime, collectorData, collectorTimeMs, messageXml } from '../../devices/codecs/mohurd-data.ts'
import { md5Answer } from '../../devices/codecs/mohurd-xml.ts'
import { collectorsSchema } from '../../devices/collectors/collector.ts'
import { collectorsSource } from '../../devices/collectors/server.ts'
import { startGateway } from '../../devices/gateway.ts'
import { SimulatedCollector, type SimulatedCollectorOptions } from '../../devices/simulated/collector.ts'
import type { Reading } from '../../devices/source.ts'
import { parseGatewayConfig } from '../../local/command/gateway-config.ts'
import { startHost } from '../../local/host.ts'
import { eventually } from '../acceptance/host-process.ts'
import { meter, oneInstitution, register } from '../functions/province.ts'
import { temporaryFolder } from './broker.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.UTC(2026, 10, 23, 4)
const KEY_HEX = '0102030405060708090A0B0C0D0E0F10'
const KEY = new Uint8Array(Buffer.from(KEY_HEX, 'hex'))
const IDENTITY: SimulatedCollectorOptions = {
  ...{ building: '130102A001', gateway: '01', secret: 'IJKLMNOPQRSTUVWX', patienceMs: 1_500 },
  secrets: { key: KEY, iv: KEY },
}
const METERS = [
  { id: '1', function: '1', meter: 'M-1', unit: 'kWh' },
  { id: '2', meter: 'M-2' },
]
const optionsOf = (more: Record<string, unknown> = {}) =>
  collectorsSchema.parse({
    ...{ host: '127.0.0.1', port: 0 },
    collectors: [
      { building: '130102A001', gateway: '01', key: KEY_HEX, secret: IDENTITY.secret, meters: METERS, ...more },
    ],
  })

/** A centre whose readings are taken as they come, or only when the test asks for more. */
async function openCentre(more: Record<string, unknown> = {}, given: { isSlow?: boolean; signInMsMax?: number } = {}) {
  const stopping = new AbortController()
  const told: string[] = []
  const tell = (message: string, facts: Record<string, unknown> = {}): void => {
    told.push(`${message} ${Object.values(facts).join(' ')}`)
  }
  const log = { info: tell, warn: tell, error: tell }
  const { signInMsMax } = given
  const source = collectorsSource({ ...optionsOf(more), ...(signInMsMax && { signInMsMax }), log, now: () => NOW_MS })
  const readings: Reading[] = []
  let isOpen = !given.isSlow
  let ask: () => void = () => {}
  const pumped = (async () => {
    for await (const block of source.readings(stopping.signal)) {
      readings.push(...block)
      if (!isOpen) await new Promise<void>((resolve) => (ask = resolve))
    }
  })()
  onTestFinished(async () => {
    stopping.abort()
    ask()
    await pumped
  })
  const open = (): void => {
    isOpen = true
    ask()
  }
  return { source, readings, told, open, port: await source.listening }
}

function collector(more: Partial<SimulatedCollectorOptions> = {}): SimulatedCollector {
  const made = new SimulatedCollector({ ...IDENTITY, ...more })
  onTestFinished(() => made.disconnect())
  return made
}

describe('the messages', () => {
  test('a challenge as captured is answered as the sample has it', () => {
    expect(md5Answer('25247777', 'IJKLMNOPQRSTUVWX')).toBe('cacdb0f3e18a4592886a2f8a7fea6ea5')
  })
  test('times of twelve and fourteen digits, and none else', () => {
    expect(collectorTimeMs('20261123120000')).toBe(NOW_MS)
    expect(collectorTimeMs('202611231200')).toBe(NOW_MS)
    for (const text of ['', '2026112312', '20261323120000', '20260230120000', '2026-11-23 12:00'])
      expect(collectorTimeMs(text), text).toBeUndefined()
  })
  test('a time survives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(collectorTimeMs(centreTime(seconds * 1_000))).toBe(seconds * 1_000)
      }),
    )
  })
  test('names of markup and of any script survive a message, and no text makes the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const name = text.replace(/[^\P{C}]/gu, '').trim()
        const message = { buildingId: name, gatewayId: '1', type: 'x', element: 'data', operation: 'x' }
        const xml = messageXml({ ...message, body: { sequence: name, time: '' } })
        expect(collectorData(xml)?.sequence).toBe(name)
        collectorData(text)
        collectorData(xml.slice(0, xml.length / 2) + text)
      }),
    )
  })
})

describe('a collector', () => {
  test.each([false, true])(
    'signs in, is told the time and the period, and reports (later variant: %s)',
    async (later) => {
      const { port, readings, source } = await openCentre({ periodMinutes: 30 })
      expect(source.health()).toMatchObject([{ name: '130102A001/01', state: 'connecting' }])
      const client = collector({ isLaterVariant: later })
      await client.signIn(port)
      await client.beat()
      expect(client.centreTime).toBe('20261123120000')
      expect(client.periodMinutes).toBe(30)
      const values = [
        { meter: '1', value: '675.170000' },
        { meter: '2', error: '192', value: '12' },
      ]
      expect(await client.report(NOW_MS, values)).toBe(true)
      expect(readings).toEqual([
        { meter: 'M-1', at: NOW_MS, value: 675.17, unit: 'kWh' },
        { meter: 'M-2', at: NOW_MS, value: 12 },
      ])
      expect(source.health()).toMatchObject([{ state: 'open', meters: [{ state: 'answers' }, { state: 'answers' }] }])
    },
  )

  test('is not acknowledged before its values are in the outbox', async () => {
    const { port, open } = await openCentre({}, { isSlow: true })
    const client = collector({ patienceMs: 300 })
    await client.signIn(port)
    expect(await client.report(NOW_MS, [{ meter: '1', value: '1' }])).toBe(false)
    expect(client.waiting).toBe(1)
    open()
    client.disconnect()
    await client.signIn(port)
    expect(await client.catchUp()).toBe(true)
    expect(client.waiting).toBe(0)
  })

  test('whose values say an error, are no number or belong to no meter: told once, and the rest is kept', async () => {
    const { port, readings, told, source } = await openCentre()
    const client = collector()
    await client.signIn(port)
    const values = [
      { meter: '1', error: '5', value: '3' },
      { meter: '2', value: 'NaN' },
      { meter: '9', coding: '02000', value: '4' },
    ]
    for (const minute of [0, 1]) expect(await client.report(NOW_MS + 60_000 * minute, values)).toBe(true)
    expect(await client.report(NOW_MS, [{ meter: '2', value: '7' }])).toBe(true)
    expect(readings).toEqual([{ meter: 'M-2', at: NOW_MS, value: 7 }])
    const lines = told.filter((line) => /meter/.test(line))
    expect(lines).toEqual([
      'meter M-1: the collector says error 5 130102A001/01',
      'meter M-2: "NaN" is no number 130102A001/01',
      'no meter of the configuration has id 9 and function 1 (coding 02000) 130102A001/01',
      'meter M-2 has values again 130102A001/01',
    ])
    expect(source.health()[0]?.meters).toMatchObject([
      { address: '1/1', ids: ['M-1'], state: 'fails', reason: 'refused', detail: 'the collector says error 5' },
      { address: '2/1', ids: ['M-2'], state: 'answers' },
    ])
  })

  test('whose clock is wrong is told so, and again when it is right', async () => {
    const { port, told, source } = await openCentre()
    const client = collector()
    await client.signIn(port)
    await client.report(NOW_MS - HOUR_MS, [{ meter: '1', value: '1' }])
    expect(source.health()).toMatchObject([{ state: 'open', reason: 'its clock is 60 min behind' }])
    await client.report(NOW_MS, [{ meter: '1', value: '2' }])
    expect(source.health()).toMatchObject([{ state: 'open', reason: null }])
    expect(told.filter((line) => /clock/.test(line))).toHaveLength(2)
  })

  test('that signs in twice: the first connection ends, the second stays', async () => {
    const { port, source } = await openCentre()
    const [first, second] = [collector(), collector()]
    await first.signIn(port)
    await second.signIn(port)
    await eventually('the first is cut off', () => !first.isConnected)
    expect(await second.report(NOW_MS, [{ meter: '1', value: '1' }])).toBe(true)
    expect(source.health()).toMatchObject([{ state: 'open', reason: null }])
  })
})

describe('a stranger', () => {
  test('with another secret is told so, and cut off', async () => {
    const { port, told } = await openCentre()
    const client = collector({ secret: 'another' })
    await expect(client.signIn(port)).rejects.toThrow('the centre says fail')
    await eventually('it is cut off', () => !client.isConnected)
    expect(told.join()).toContain('its answer to the challenge is wrong')
  })

  test('with another key, another building, or a report before its secret learns nothing', async () => {
    const { port, readings, told } = await openCentre()
    const wrong = Uint8Array.from(KEY, (byte) => byte + 1)
    const strangers = [collector({ secrets: { key: wrong, iv: wrong } }), collector({ building: '130102A002' })]
    for (const client of strangers) await expect(client.signIn(port)).rejects.toThrow('no "sequence" came')
    const xml = messageXml({
      ...{ buildingId: '130102A001', gatewayId: '01', type: 'report', element: 'data', operation: 'report' },
      body: { time: '20261123120000' },
    }).replace('</data>', '<meter id="1"><function id="1">5</function></meter></data>')
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {}).write(encodeMohurd({ xml, secrets: IDENTITY.secrets }))
    await eventually('all are told', () => told.length === 3)
    expect(readings).toEqual([])
    expect(told.at(-1)).toContain('before it has signed in')
  })

  test('that says nothing, or too much, is cut off', async () => {
    const { port, told } = await openCentre({}, { signInMsMax: 200 })
    const [silent, loud] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    for (const socket of [silent, loud]) {
      socket.on('error', () => {}).resume()
      onTestFinished(() => void socket.destroy())
    }
    const claim = Buffer.alloc(8_000, 0x41)
    claim.set([0x55, 0xaa, 0x55, 0xaa, 0xf4, 0xff, 0, 0], 0)
    loud.write(claim)
    await eventually('both are cut off', () => silent.closed && loud.closed)
    expect(told.join()).toContain('it sends more than a message holds')
    expect(told.join()).toContain('it did not sign in')
  })
})

test('a collector reports through a gateway to the host, is cut off, and catches up', async () => {
  const data = join(temporaryFolder(), 'data')
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {}, hold: true })
  onTestFinished(() => host.close())
  await register(host.platform, oneInstitution([meter('M-1', 'A'), meter('M-2', 'A', { medium: 'water', unit: 'm3' })]))
  const [made] = await host.platform.devices.provision([{ id: 'G-A' }])
  assert(made)
  const outbox = { file: join(temporaryFolder(), 'g.outbox') }
  let port = 0
  const startCentre = async () => {
    const source = collectorsSource({ ...optionsOf(), port })
    const gateway = startGateway({ id: 'G-A', url: host.mqttUrl, password: made.secret, source, outbox })
    port = await source.listening
    return gateway
  }
  const client = collector()
  const startMs = Date.now() - 80 * HOUR_MS
  const truth = new Map<number, number>()
  const read = async (hour: number): Promise<boolean> => {
    const at = Math.floor((startMs + hour * HOUR_MS) / 1_000) * 1_000
    truth.set(at, 100 + hour * 1.25)
    return await client.report(at, [
      { meter: '1', value: (100 + hour * 1.25).toFixed(6) },
      { meter: '2', value: String(hour) },
    ])
  }
  let gateway = await startCentre()
  onTestFinished(() => gateway.stop())
  await client.signIn(port)
  for (let hour = 0; hour < 20; hour++) expect(await read(hour)).toBe(true)
  await gateway.stop()
  await eventually('it is cut off', () => !client.isConnected)
  for (let hour = 20; hour < 60; hour++) expect(await read(hour)).toBe(false)
  expect(client.waiting).toBe(40)
  gateway = await startCentre()
  await client.signIn(port)
  expect(await client.catchUp()).toBe(true)
  expect(await read(60)).toBe(true)
  await eventually('all is sent', () => gateway.figures().outbox.entries === 0)
  const stored = await host.platform.readings.range(['M-1', 'M-2'], 0, Date.now())
  const first = stored.get('M-1')
  expect(new Map([...(first?.atMs ?? [])].map((at, row) => [at, first?.value[row]]))).toEqual(truth)
  expect(stored.get('M-2')?.value).toEqual(Float64Array.from({ length: 61 }, (_, hour) => hour))
})

test('what is wrong in a configuration is told by its line', () => {
  const text = `gateway: G-1
url: mqtt://127.0.0.1:1883
password: p
outbox: g.outbox
driver: mohurd
options:
  port: 7788
  collectors:
    - building: 130102A001
      gateway: "01"
      key: "0102"
      secret: s
      meters:
        - { id: "1", meter: M-1 }
        - { id: "1", meter: M-1 }
`
  const refusals = (file: string): string => {
    try {
      parseGatewayConfig(file, 'g.yaml')
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
    return ''
  }
  expect(refusals(text).split('\n')).toEqual([
    'g.yaml:11: options.collectors[0].key: must be 16 bytes in hex',
    'g.yaml:15: options.collectors[0].meters[1].id: 1/1 stands twice',
    'g.yaml:15: options.collectors[0].meters[1].meter: meter M-1 stands twice',
  ])
  const right = text.replace('"0102"', `"${KEY_HEX}"`).replace('{ id: "1", meter: M-1 }\n        - ', '')
  expect(refusals(right)).toBe('')
})

test('an address in use is told', async () => {
  const { port } = await openCentre()
  const second = collectorsSource({ ...optionsOf(), port })
  const failed = second.readings(new AbortController().signal)[Symbol.asyncIterator]().next()
  await expect(failed).rejects.toThrow(`127.0.0.1:${port} cannot be listened on`)
})
