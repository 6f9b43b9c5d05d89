// The same readings through the host on one machine (MQTT broker, DuckDB, SQLite, HTTP) and through the platform on AWS
// (IoT rule, SQS, the entries of Lambda, the cloud's stores, API Gateway) give the same answers, to the last bit: a
// month of 36 real buildings, in `npm test` a week of eight, and every settle case. Also on a bad day, when SQS
// delivers twice and functions die.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openInfluxConsumption } from '../../cloud/series/influx/consumption.ts'
import { openInfluxReadings } from '../../cloud/series/influx/readings.ts'
import { openLakeConsumption } from '../../cloud/series/lake/consumption.ts'
import { sealingOf } from '../../cloud/series/lake/counties.ts'
import { openLakeReadings } from '../../cloud/series/lake/readings.ts'
import { type LakeParts, lakeParts } from '../../cloud/series/lake/store.ts'
import { tendCounty } from '../../cloud/series/lake/tend.ts'
import { openTimestreamConsumption } from '../../cloud/series/timestream/consumption.ts'
import { openTimestreamReadings } from '../../cloud/series/timestream/readings.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { readBuildingsCsv, readWideCsv } from '../../devices/replay/csv-source.ts'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { type Institution, type Meter, meterSchema, type Target } from '../../domain/registry/records.ts'
import type { AlertView } from '../../domain/view/alert.ts'
import type { Page, SeriesView } from '../../domain/view/view.ts'
import { gatewaySeenKey } from '../../functions/alerts/gateways-heard.ts'
import type { Platform } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { clientOf } from '../../local/command/client.ts'
import { newSecret } from '../../local/credentials.ts'
import { startHost } from '../../local/host.ts'
import { runsOf, testInCampaign } from '../campaign.ts'
import { AREAS, dyingPlatform, institution, meter, type WireReading } from '../functions/province.ts'
import { describeShared } from '../shared.ts'
import { startBucket, type TestBucket } from './bucket.ts'
import { type CloudHost, openCloudHost, VISIBILITY_MS } from './cloud-host.ts'
import { startDynamo, type TestDynamo } from './dynamo.ts'
import { INFLUX_USER, startInflux, type TestInflux } from './influx.ts'
import { DATABASE, startTimestream, type TestTimestream } from './timestream.ts'

const TEST_MS_MAX = 240_000
/** The buildings' June of 2017, or its first days, is moved to just before now: after the latest settle case. */
const [MONTH_MS, DAYS] = [Date.UTC(2017, 4, 31, 16), runsOf({ test: 7, campaign: 30 })]
const BUILDINGS = runsOf({ test: 8, campaign: 36 })
const NOW_MS = Date.UTC(2029, 11, 29, 4)
const MOVED_MS = Math.floor((NOW_MS - MONTH_MS) / DAY_MS - DAYS) * DAY_MS
const areas = AREAS ?? []
const COUNTIES = ['130102', '130104', '130202']
const MONTHS = ['2029-11', '2029-12']
const READINGS_PER_MESSAGE = 300

/** What is registered and sent. */
interface Script {
  registry: {
    institutions: Institution[]
    gateways: { id: string; institution: string }[]
    meters: Meter[]
    targets: Target[]
  }
  messages: { gateway: string; payload: string }[]
  /** From when to when each meter's hours are looked at. */
  spans: Map<string, [fromMs: number, toMs: number]>
}
/** What a host answers. */
type Answers = Record<string, unknown>
type Get = <T>(path: string) => Promise<T>

const FILES = ['data/bdg2/electricity.csv.gz', 'data/bdg2/buildings.csv', 'data/settle-cases/cases.json'] as const
describeShared('one code base, two hosts', FILES, (readings, buildings, cases) => {
  let script: Script
  let wanted: Answers
  let servers: { influx: TestInflux; timestream: TestTimestream; dynamo: TestDynamo; bucket: TestBucket }

  beforeAll(async () => {
    script = await scriptOf({ readings, buildings, cases })
    servers = {
      influx: await startInflux(),
      timestream: await startTimestream(() => NOW_MS),
      dynamo: await startDynamo(),
      bucket: await startBucket(),
    }
    wanted = await onOneMachine(script)
  }, TEST_MS_MAX)
  afterAll(async () => {
    for (const server of Object.values(servers)) await server.close()
  })

  test('one machine has something to say', () => {
    expect(Object.keys(wanted).filter((path) => path.includes('series'))).toHaveLength(script.registry.meters.length)
    const { items } = wanted['alerts?limit=500'] as Page<AlertView>
    expect(new Set(items.map(({ kind }) => kind)).size).toBeGreaterThan(1)
    const known = Object.entries(wanted)
      .filter(([path]) => path.includes('series'))
      .flatMap(([, series]) => (series as SeriesView).points.filter(({ value }) => value !== null))
    expect(known.length).toBeGreaterThan(BUILDINGS * 24 * (DAYS - 5))
  })

  // Its stores and the lake's pass one contract, in each run of the tests.
  testInCampaign(
    'Timestream and DynamoDB say the same',
    async () => {
      const host = await cloudHost(script, await timestreamStores())
      for (const { gateway, payload } of script.messages) host.publish(gateway, payload)
      await atRest(host)
      expect(differing(await answersOf(host.get, script), wanted)).toEqual([])
    },
    TEST_MS_MAX,
  )

  test(
    'InfluxDB and DynamoDB say the same when messages come twice and functions die',
    async () => {
      const host = await cloudHost(script, await influxStores())
      for (const { gateway, payload } of script.messages) host.publish(gateway, payload)
      for (let diesAt = 1; ; diesAt++) {
        const event = host.receive('ingest', 8)
        if (!event) break
        await host.invoke('ingest', event, dyingPlatform(host.platform, diesAt))
      }
      host.wait(VISIBILITY_MS)
      for (let event = host.receive('ingest'); event; event = host.receive('ingest')) await host.invoke('ingest', event)
      host.wait(VISIBILITY_MS)
      await atRest(host)
      expect(differing(await answersOf(host.get, script), wanted)).toEqual([])
    },
    TEST_MS_MAX,
  )

  // The run between the halves takes time, which moments of receipt and of alerts show.
  const differingButReceipts = (found: Answers, expected: Answers): string[] =>
    differing(found, expected).filter((one) => !/^(?:rejections|alerts)\?/.test(one))

  test(
    'the lake and DynamoDB say the same, with readings young, in files of days and merged',
    async () => {
      const { table, ...stores } = await lakeStores()
      const host = await cloudHost(script, stores)
      const registry = registryReader(stores.state)
      const tend = async (): Promise<number> => {
        let sealedRows = 0
        await registry.refresh()
        for (const county of COUNTIES) {
          const run = tendCounty(table, await sealingOf(registry, county), { now: () => host.clock.nowMs })
          sealedRows += (await run).sealedRows
        }
        return sealedRows
      }
      const half = Math.ceil(script.messages.length / 2)
      for (const { gateway, payload } of script.messages.slice(0, half)) host.publish(gateway, payload)
      await host.drain()
      expect(await tend()).toBeGreaterThan(1_000)
      for (const { gateway, payload } of script.messages.slice(half)) host.publish(gateway, payload)
      await atRest(host)
      expect(await tend()).toBeGreaterThan(1_000)
      expect(differingButReceipts(await answersOf(host.get, script), wanted)).toEqual([])
      host.clock.nowMs += 40 * DAY_MS
      await tend()
      const entries = await table.catalog.entries(must(COUNTIES[0]))
      expect(entries.some(({ isMerged, state }) => isMerged && state === 'live')).toBe(true)
      host.clock.nowMs -= 40 * DAY_MS
      expect(differingButReceipts(await answersOf(host.get, script), wanted)).toEqual([])
    },
    2 * TEST_MS_MAX,
  )

  type Stores = Pick<Platform, 'readings' | 'consumption' | 'state' | 'objects'>

  async function awsStores() {
    const { dynamo: server, bucket } = servers
    const [dynamo, s3] = [server.client(), bucket.client()]
    onTestFinished(() => {
      dynamo.destroy()
      s3.destroy()
    })
    const table = await server.newTable()
    const objects = openObjectBucket({ s3, bucket: 'kilowatch' })
    return {
      ledger: openTouchedLedger({ dynamo, table, now: Date.now }),
      objects,
      state: openStateTable({ dynamo, table, objects }),
    }
  }
  async function influxStores(): Promise<Stores> {
    const { ledger, ...stores } = await awsStores()
    const { influx } = servers
    const where = { url: influx.url, database: await influx.newDatabase(), credentials: async () => INFLUX_USER }
    return { ...stores, readings: openInfluxReadings({ ...where, ledger }), consumption: openInfluxConsumption(where) }
  }
  async function lakeStores(): Promise<Stores & { table: LakeParts }> {
    const { ledger, ...stores } = await awsStores()
    const { dynamo: server, bucket } = servers
    const [dynamo, s3] = [server.client(), bucket.client()]
    onTestFinished(() => {
      dynamo.destroy()
      s3.destroy()
    })
    const where = { dynamo, table: await server.newTable(), now: () => NOW_MS + 3 * DAY_MS }
    const table = lakeParts({ ...where, s3, bucket: 'lake' })
    return {
      ...{ ...stores, table },
      readings: openLakeReadings({ ...table, ledger }),
      consumption: openLakeConsumption({ ...where, now: Date.now }),
    }
  }
  async function timestreamStores(): Promise<Stores> {
    const { ledger, ...stores } = await awsStores()
    const { timestream } = servers
    const where = { ...timestream.clients(), database: DATABASE }
    const [raw, days] = [await timestream.newTable(), await timestream.newTable()]
    return {
      ...stores,
      readings: openTimestreamReadings({ ...where, table: raw, ledger }),
      consumption: openTimestreamConsumption({ ...where, table: days, now: Date.now }),
    }
  }
})

async function cloudHost(
  { registry }: Script,
  stores: Pick<Platform, 'readings' | 'consumption' | 'state' | 'objects'>,
) {
  const unused = (): never => {
    throw new Error('nobody is to be told')
  }
  const devices: Platform['devices'] = {
    provision: async () => [],
    issue: unused,
    confirm: unused,
    revoke: unused,
    command: unused,
    enrols: true,
  }
  const host = await openCloudHost({ ...stores, devices, notify: { send: unused } }, { nowMs: NOW_MS })
  await host.put('registry', { areas: AREAS, ...registry })
  return host
}

/** Lets a cloud host do all that is to be done now, and on the next two days. */
async function atRest(host: CloudHost): Promise<void> {
  await host.drain()
  for (const day of [0, 1, 2]) {
    if (day > 0) host.clock.nowMs = NOW_MS + day * DAY_MS
    for (const queue of ['settle', 'rollup', 'assess'] as const) {
      host.tick(queue)
      await host.drain()
    }
  }
  for (const queue of ['ingest', 'settle', 'assess', 'rollup'] as const)
    expect(host.server.messages(`${queue}-dead`), queue).toEqual([])
  host.clock.nowMs = NOW_MS + 2 * DAY_MS + HOUR_MS
}

/** The same on one machine: broker, queues and HTTP of the host that users start. */
async function onOneMachine(script: Script): Promise<Answers> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-two-hosts-'))
  const clock = { nowMs: NOW_MS }
  const options = { data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, now: () => clock.nowMs }
  const host = await startHost({ ...options, log: () => undefined })
  try {
    const client = clientOf(host)
    const secrets = new Map(script.registry.gateways.map(({ id }) => [id, newSecret()]))
    const gateways = script.registry.gateways.map((one) => ({ ...one, password: secrets.get(one.id) }))
    await client.put('registry', { areas: AREAS, ...script.registry, gateways })
    for (const [gateway, messages] of Map.groupBy(script.messages, (one) => one.gateway)) {
      const login = { clientId: gateway, username: gateway, password: secrets.get(gateway) }
      const connection = await connectAsync(host.mqttUrl, login)
      const topic = `kw/v1/${gateway}/readings`
      for (const { payload } of messages) await connection.publishAsync(topic, payload, { qos: 1 })
      await connection.endAsync()
    }
    const { fanOut, state } = host.platform
    // The watch of gateways writes down every few seconds whom it heard.
    while ((await state.query(gatewaySeenKey(''))).length < gateways.length) await pause(50)
    host.run()
    const quiet = async (): Promise<void> => {
      while (fanOut.busy()) await pause(20)
    }
    await quiet()
    for (const day of [1, 2]) {
      clock.nowMs = NOW_MS + day * DAY_MS
      for (const queue of ['settle', 'rollup', 'assess'] as const) {
        await fanOut.send(queue, ['']) // all shards
        await quiet()
      }
    }
    clock.nowMs += HOUR_MS
    return await answersOf(client.get, script)
  } finally {
    await host.close()
    rmSync(data, { recursive: true, force: true })
  }
}

/** All that a person could ask for, by the path of the question. Of alerts not when, which depends on the queues. */
async function answersOf(get: Get, { registry, spans }: Script): Promise<Answers> {
  const paths = [
    ...[...spans].map(([id, [fromMs, toMs]]) => `meters/${id}/series?grain=hour&from=${fromMs}&to=${toMs}`),
    ...MONTHS.flatMap((month) => [
      ...registry.institutions.map(({ id }) => `institutions/${id}/status?month=${month}`),
      ...areas.map(({ code }) => `areas/${code}/status?month=${month}`),
    ]),
    ...COUNTIES.map((code) => `institutions?area=${code}&limit=50`),
    'areas/130000/freshness',
    'rejections?gateway=G-CASES&limit=10',
  ]
  const answers: Answers = {}
  for (const path of paths) answers[path] = await get(path)
  const { items } = await get<Page<AlertView>>('alerts?limit=500')
  answers['alerts?limit=500'] = { items }
  return answers
}

/** The questions that are answered otherwise, with both answers; what is alike is not shown. */
function differing(answers: Answers, wanted: Answers): string[] {
  expect(Object.keys(answers)).toEqual(Object.keys(wanted))
  const paths = Object.keys(wanted).filter((path) => JSON.stringify(answers[path]) !== JSON.stringify(wanted[path]))
  return paths.map((path) => `${path}: ${JSON.stringify(answers[path])} instead of ${JSON.stringify(wanted[path])}`)
}

interface Case {
  id: string
  meter: { unit: string; [field: string]: unknown }
  readings: [atMs: number, value: number][]
  events?: { at: number; finalValue: number; startValue: number }[]
}

async function scriptOf(files: { readings: string; buildings: string; cases: string }): Promise<Script> {
  const known = await readBuildingsCsv(files.buildings)
  const table = await readWideCsv(files.readings, known)
  const { cases } = JSON.parse(readFileSync(files.cases, 'utf8')) as { cases: Case[] }
  const ids = table.buildings.slice(0, BUILDINGS).map((_, n) => `B${n}`)
  const institutions = ids.map((id, n) => institution(id, COUNTIES[n % COUNTIES.length]))
  const meters = ids.map((id) => meter(`${id}-E`, id, { kind: 'interval', stamp: 'start' }))
  const caseMeters = cases.map(({ id, meter: described, events = [] }) =>
    meterSchema.parse({
      ...described,
      id,
      institution: 'CASES',
      gateway: 'G-CASES',
      medium: described.unit === 'GJ' ? 'heat' : 'electricity',
      replacements: events.map(({ at, finalValue, startValue }) => ({ atMs: at, finalValue, startValue })),
    }),
  )
  const all = [...institutions, institution('CASES', COUNTIES[0])]
  const ofBuildings = table.buildings.slice(0, BUILDINGS).flatMap((building, n) => {
    const series = table.series.get(building)
    const rows: WireReading[] = []
    for (const [index, atMs] of (series?.atMs ?? []).entries()) {
      if (atMs < MONTH_MS || atMs >= MONTH_MS + DAYS * DAY_MS) continue
      rows.push({ meter: `B${n}-E`, at: atMs + MOVED_MS, value: series?.value[index] })
    }
    return messagesOf(`G-B${n}`, rows)
  })
  const ofCases = cases.flatMap(({ id, readings }) =>
    messagesOf(
      'G-CASES',
      readings.map(([at, value]) => ({ meter: id, at, value })),
    ),
  )
  const bad = messagesOf('G-CASES', [
    { meter: cases[0].id, at: NOW_MS, value: 'x' },
    { meter: 'nobody', at: NOW_MS, value: 1 },
  ])
  const spanOf = ({ readings }: Case): [number, number] => {
    const times = readings.map(([atMs]) => atMs)
    return [Math.min(...times) - HOUR_MS, Math.max(...times) + HOUR_MS]
  }
  const span: [number, number] = [MONTH_MS + MOVED_MS, MONTH_MS + MOVED_MS + DAYS * DAY_MS]
  return {
    spans: new Map([
      ...meters.map(({ id }) => [id, span] as const),
      ...cases.map((one) => [one.id, spanOf(one)] as const),
    ]),
    registry: {
      institutions: all,
      gateways: all.map(({ id }) => ({ id: `G-${id}`, institution: id })),
      meters: [...meters, ...caseMeters],
      // Some will be met, some will not.
      targets: ids.map((subject, n) => ({
        subject,
        indicator: 'energy',
        baseYear: 2028,
        endYear: 2029,
        baseValue: 10 ** (n % 4),
        cap: 10 ** (n % 4),
        path: 'linear',
        source: 'test',
        standIn: true,
      })),
    },
    messages: [...ofBuildings, ...ofCases, ...bad],
  }
}

function messagesOf(gateway: string, readings: readonly WireReading[]): Script['messages'] {
  return Array.from({ length: Math.ceil(readings.length / READINGS_PER_MESSAGE) }, (_, n) => ({
    gateway,
    payload: JSON.stringify({
      v: 1,
      readings: readings.slice(n * READINGS_PER_MESSAGE, (n + 1) * READINGS_PER_MESSAGE),
    }),
  }))
}
