// The scheduled reports of a province on one machine, and by county in AWS (SQS, the entry of Lambda, DynamoDB's wire,
// an S3 stand-in) with no more rights than the function has: the same files, to the byte.

import { expect, onTestFinished, test } from 'vitest'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { DAY_MS, HOUR_MS, type Month, monthRange } from '../../domain/calendar.ts'
import { latest, type ReportRecord } from '../../domain/report/life.ts'
import { docKey, type Platform } from '../../functions/platform.ts'
import { reports } from '../../functions/reports.ts'
import { derive, INSTITUTIONS, openTestPlatform, PROVINCE, register, send } from '../functions/province.ts'
import { startBucket } from './bucket.ts'
import { openCloudHost } from './cloud-host.ts'
import { startDynamo } from './dynamo.ts'

const MONTH: Month = '2026-05'
const { fromMs: FROM_MS, toMs: END_MS } = monthRange(MONTH)
const TEST_MS_MAX = 60_000

async function judgedMay() {
  const platform = await openTestPlatform()
  platform.clock.nowMs = END_MS + HOUR_MS
  await register(platform, PROVINCE)
  for (const [place, { id }] of INSTITUTIONS.entries()) {
    const value = (n: number): number => n * (24 + place / 7)
    const readings = Array.from({ length: 32 }, (_, n) => ({
      meter: `${id}-E`,
      at: FROM_MS + n * DAY_MS,
      value: value(n),
    }))
    await send(platform, `G-${id}`, readings)
  }
  await derive(platform)
  platform.clock.nowMs = END_MS + 2 * DAY_MS + HOUR_MS
  return platform
}

/** What was built: by area the document's digest, and each file with its SHA-256 but for the stamped manifest. */
async function builtOn({ state }: Pick<Platform, 'state'>) {
  const records = await state.query(docKey<ReportRecord>('report/'))
  return Object.fromEntries(
    records.map(({ value }) => {
      const { build, history } = latest(value)
      const files = build.files.filter(({ name }) => name !== 'manifest.json')
      return [value.subject, { digest: build.digest, steps: history.length, files }]
    }),
  )
}

/** The same stored months in stores of AWS. */
async function inAws(machine: Platform & { clock: { nowMs: number } }) {
  const [server, bucket] = [await startDynamo(), await startBucket()]
  const [dynamo, s3] = [server.client(), bucket.client()]
  onTestFinished(async () => {
    dynamo.destroy()
    s3.destroy()
    await Promise.all([server.close(), bucket.close()])
  })
  const objects = openObjectBucket({ s3, bucket: 'kilowatch' })
  const state = openStateTable({ dynamo, table: await server.newTable(), objects })
  for (const { key, value } of await machine.state.query(docKey(''))) await state.put([{ key, value }])
  return { host: await openCloudHost({ ...machine, state, objects }, machine.clock), bucket }
}

test(
  'one machine and AWS build the same reports of counties, cities and the province',
  async () => {
    const machine = await judgedMay()
    const { host, bucket } = await inAws(machine)
    for (let round = 0; round < 2; round++) expect(await reports(machine)({ shards: [] })).toEqual({ failed: [] })
    const wanted = await builtOn(machine)
    expect(Object.keys(wanted)).toHaveLength(6)
    host.tick('reports')
    await host.drain()
    host.tick('reports')
    await host.drain()
    expect(host.logs.filter((line) => JSON.parse(line).level !== 'INFO')).toEqual([])
    expect(await builtOn(host.platform)).toEqual(wanted)
    expect(bucket.keys().filter((key) => key.includes('report-parts/'))).toEqual([])
  },
  TEST_MS_MAX,
)
