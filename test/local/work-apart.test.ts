// Imports into a large registry go through a process: the same documents and answers as without, and a loop that goes
// on.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { importInto } from '../../functions/judging/import-records.ts'
import { startHost } from '../../local/host.ts'
import { openPlatform } from '../../local/platform.ts'
import { workApart } from '../../local/work-apart.ts'
import { documents, institution, meter, oneInstitution, openTestPlatform } from '../functions/province.ts'

const METERS = 2_100
const RECORDS = {
  ...oneInstitution(Array.from({ length: METERS }, (_, index) => meter(`A-${index}`, 'A'))),
  institutions: [institution('A', '130102')],
}

async function held() {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-import-'))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, log: () => undefined })
  onTestFinished(async () => {
    await host.close()
    rmSync(data, { recursive: true, force: true })
  })
  const put = async (body: unknown) => {
    const answer = await fetch(`${host.httpUrl}/api/v1/registry`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${host.adminToken}` },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { host, put }
}

test('a registry stands as if it was imported without a process; one renamed meter goes the same way', async () => {
  const { host, put } = await held()
  const { status, body } = await put(RECORDS)
  expect([status, body.meters]).toEqual([200, METERS])
  const other = await openTestPlatform()
  await importInto(other, RECORDS)
  expect(await documents(host.platform, 'registry')).toEqual(await documents(other, 'registry'))

  let writes = 0
  let turns = 0
  let isOver = false
  const { putTexts } = host.platform.state
  Object.assign(host.platform.state, {
    putTexts: async (...given: Parameters<typeof putTexts>) => {
      writes = Math.max(writes, given[0].length)
      await putTexts(...given)
    },
  })
  const counting = (async () => {
    for (; !isOver; turns++) await nextTurn()
  })()
  expect((await put({ meters: [{ ...RECORDS.meters?.[7], name: 'renamed' }] })).status).toBe(200)
  isOver = true
  await counting
  // Each call of the process is a slice, and the loop turns in between.
  expect(writes).toBeLessThanOrEqual(200)
  expect(turns).toBeGreaterThan(METERS / 200)
  const stored = await documents(host.platform, 'registry/shard/130102/meter/A-7')
  expect(Object.values(stored).at(0)).toMatchObject({ name: 'renamed' })
})

test('a registry that is wrong throughout is refused with its first problems; the next import is taken', async () => {
  const { put } = await held()
  const wrong = { meters: Array.from({ length: 20_000 }, (_, index) => ({ id: `wrong-${index}`, medium: 'steam' })) }
  const { status, body } = await put(wrong)
  expect(status).toBe(400)
  expect(body.problems).toHaveLength(100)
  expect(body.detail).toMatch(/^body meters\.0\.\w+ of "wrong-0"/)
  expect(await put({ ...RECORDS, gateways: [] })).toMatchObject({ status: 422 })
  expect(await put(RECORDS)).toMatchObject({ status: 200, body: { meters: METERS } })
})

test('a host that closes ends its process, and starts no other', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-import-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const platform = await openPlatform(data)
  onTestFinished(() => platform.close())
  const apart = workApart(platform, join(data, 'state.sqlite'))
  const helpers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
  const before = helpers()
  const running = apart.reports({ shards: [] })
  const waiting = apart.reports({ shards: [] })
  await expect.poll(helpers).toBe(before + 1)
  const ended = Promise.allSettled([running, waiting])
  await apart.close()
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(apart.reports({ shards: [] })).rejects.toThrow('ended')
  await expect.poll(helpers).toBe(before)
})

test('a process that cannot be started fails the work, and not the host', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-import-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const platform = await openPlatform(data)
  onTestFinished(() => platform.close())
  const apart = workApart(platform, join(data, 'state.sqlite'))
  onTestFinished(() => apart.close())
  const { execPath } = process
  onTestFinished(() => {
    process.execPath = execPath
  })
  process.execPath = join(data, 'no-node')
  await expect(apart.reports({ shards: [] })).rejects.toThrow('ended')
  process.execPath = execPath
  expect(await apart.reports({ shards: [] })).toEqual({ failed: [] })
})
