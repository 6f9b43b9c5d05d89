// That the cost model's units of DynamoDB are those that settling and judging use: counted over its wire, for hourly
// runs of a county in the eleventh month of a year, with documents and hours in tables of their own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect } from 'vitest'
import { openLakeConsumption } from '../../cloud/series/lake/consumption.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { assess } from '../../functions/assess.ts'
import type { Platform } from '../../functions/platform.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { settle } from '../../functions/settle.ts'
import { ASSUMED } from '../../infra/cost-model.ts'
import { openPlatform } from '../../local/platform.ts'
import { testInCampaign } from '../campaign.ts'
import { startDynamo } from './dynamo.ts'

const [INSTITUTIONS, METERS, DAYS, HOURS] = [20, 6, 320, 3]
const HOUR_MS = 3_600_000
const SHARD = '130101'
const [WRITE_UNIT, READ_UNIT] = [1_024, 4_096]

type Item = Record<string, AttributeValue>
interface Units {
  writes: number
  reads: number
}

/** By DynamoDB's rule: names and values, and 100 bytes of their own. */
const bytesOf = (item: Item | undefined): number =>
  Object.entries(item ?? {}).reduce(
    (sum, [name, { S = '', N = '', B }]) => sum + name.length + Buffer.byteLength(S) + N.length + (B?.length ?? 0),
    100,
  )

/** Counts the units of each table: consistent reads, and twice a write's in a transaction. */
function counted(dynamo: DynamoDBClient): Map<string, Units> {
  const tables = new Map<string, Units>()
  const of = (table: string): Units => {
    const units = tables.get(table) ?? { writes: 0, reads: 0 }
    tables.set(table, units)
    return units
  }
  const written = (table: string, item: Item, times = 1): void => {
    of(table).writes += times * Math.ceil(bytesOf(item) / WRITE_UNIT)
  }
  const read = (table: string, items: readonly (Item | undefined)[]): void => {
    of(table).reads += Math.ceil(items.reduce((sum, item) => sum + bytesOf(item), 0) / READ_UNIT)
  }
  dynamo.middlewareStack.add(
    (next, context) => async (args) => {
      // biome-ignore lint/suspicious/noExplicitAny: the inputs and outputs of seven commands
      const input = args.input as any
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const answer = (await next(args)) as { response: unknown; output: any }
      const { commandName } = context
      const updated = ({ TableName, Key, ExpressionAttributeValues }: typeof input, times: number): void =>
        written(TableName, { ...Key, ...ExpressionAttributeValues }, times)
      if (commandName === 'TransactWriteItemsCommand')
        for (const { Update, Put } of input.TransactItems)
          Update ? updated(Update, 2) : written(Put.TableName, Put.Item, 2)
      if (commandName === 'UpdateItemCommand' || commandName === 'DeleteItemCommand') updated(input, 1)
      if (commandName === 'BatchWriteItemCommand')
        for (const [table, requests] of Object.entries<typeof input>(input.RequestItems))
          for (const { PutRequest } of requests) written(table, PutRequest?.Item ?? {})
      if (commandName === 'GetItemCommand') read(input.TableName, [answer.output.Item])
      if (commandName === 'QueryCommand') read(input.TableName, answer.output.Items)
      if (commandName === 'BatchGetItemCommand')
        for (const [table, items] of Object.entries<Item[]>(answer.output.Responses))
          for (const item of items) read(table, [item])
      return answer as Awaited<ReturnType<typeof next>>
    },
    { step: 'initialize', name: 'units' },
  )
  return tables
}

/** Resolves to the ids of the meters. */
async function registered({ state }: Platform): Promise<string[]> {
  const names = Array.from({ length: INSTITUTIONS }, (_, n) => `${SHARD}-${String(n).padStart(4, '0')}`)
  const gateways = names.map((id) => ({ id: `${id}-G1`, institution: id }))
  const meters = names.flatMap((institution) =>
    Array.from(
      { length: METERS },
      (_, n): Meter => ({
        ...{ id: `${institution}-E${n + 1}`, institution, gateway: `${institution}-G1`, medium: 'electricity' },
        ...{ role: 'main', kind: 'register', unit: 'kWh', resolution: 0.01, digits: 8, multiplier: 1 },
        ...{ intervalMinutes: 15, stamp: 'end', replacements: [] },
      }),
    ),
  )
  const sizes = [{ validFrom: '2020-01-01', floorAreaM2: 8_000, energyUsers: 200 }]
  const { problems } = await importRegistry(state, {
    areas: [{ code: SHARD, name: 'County', level: 'county' }],
    institutions: names.map((id) => ({ id, name: id, area: SHARD, type: 'government', sizes })),
    ...{ gateways, meters },
  })
  expect(problems).toEqual([])
  return meters.map(({ id }) => id)
}

testInCampaign(
  'the cost model assumes no fewer units than settling and judging use',
  { timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kilowatch-units-'))
    let nowMs = Date.UTC(2026, 0, 1)
    const local = await openPlatform(folder, () => nowMs)
    const db = await startDynamo()
    const dynamo = db.client()
    try {
      const [documents, series] = [await db.newTable(), await db.newTable()]
      const platform: Platform = {
        ...local,
        state: openStateTable({ dynamo, table: documents, objects: local.objects }),
        consumption: openLakeConsumption({ dynamo, table: series, now: () => nowMs }),
      }
      const ids = await registered(platform)
      const registers = ids.map((_, n) => 1_000 * n)
      const send = async (stepMs: number): Promise<void> => {
        nowMs += stepMs
        const rows = ids.map((meter, n) => {
          const value =
            Math.round(100 * ((registers[n] ?? 0) + (stepMs / HOUR_MS) * (2 + ((n * 7 + nowMs / HOUR_MS) % 5)))) / 100
          registers[n] = value
          return { meter, atMs: nowMs, value, quality: 'good' as const }
        })
        await local.readings.append(rows, nowMs)
      }
      const [settling, judging] = [settle(platform), assess(platform)]
      const round = async () => {
        const units = counted(dynamo)
        await settling({ shards: [SHARD] })
        const settled = structuredClone(units)
        await judging({ shards: [SHARD], scheduled: true })
        const both = (table: string) => ({ settled: settled.get(table), all: units.get(table) })
        const found = { documents: both(documents), series: both(series) }
        dynamo.middlewareStack.remove('units')
        return found
      }
      for (let day = 0; day < DAYS; day++) await send(DAY_MS)
      await round()
      let last = await round()
      for (let hour = 0; hour < HOURS; hour++) {
        for (let step = 0; step < 4; step++) await send(HOUR_MS / 4)
        last = await round()
      }
      console.info(JSON.stringify(last))
      const { settled, all } = last.documents
      expect(settled?.writes).toBeLessThanOrEqual(ASSUMED.settleWritesPerShard)
      expect(settled?.reads).toBeLessThanOrEqual(ASSUMED.settleReadsPerShard)
      const judged = {
        writes: (all?.writes ?? 0) - (settled?.writes ?? 0),
        reads: (all?.reads ?? 0) - (settled?.reads ?? 0),
      }
      expect(judged.writes).toBeGreaterThan(INSTITUTIONS)
      const perDay = Math.ceil((METERS * ASSUMED.itemDayBytes) / WRITE_UNIT)
      expect(last.series.settled?.writes).toBeLessThanOrEqual(INSTITUTIONS * perDay + 4)
      expect(judged.writes).toBeLessThanOrEqual(
        ASSUMED.assessWritesPerShard + INSTITUTIONS * ASSUMED.assessWritesPerInstitution,
      )
      expect(judged.reads).toBeLessThanOrEqual(
        ASSUMED.assessReadsPerShard + INSTITUTIONS * ASSUMED.assessReadsPerInstitution,
      )
    } finally {
      dynamo.destroy()
      await db.close()
      await local.close()
      rmSync(folder, { recursive: true })
    }
  },
)
