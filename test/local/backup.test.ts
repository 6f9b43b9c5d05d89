// A backup of a host that goes on, and what is made of it: all that was acknowledged before it is in it, what came
// later comes again, and nothing that is damaged or half is taken for a backup.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { BackupView } from '../../domain/view/backup.ts'
import { formerBackups, restoreBackup, verifyBackup } from '../../local/backup.ts'
import { backUpFolder } from '../../local/command/backup.ts'
import { type Host, startHost } from '../../local/host.ts'
import { type LocalPlatform, openPlatform } from '../../local/platform.ts'
import { projectRoot } from '../acceptance/host-process.ts'
import { runsOf, testInCampaign } from '../campaign.ts'
import { consumptionBytes, derive, documents, NOON_MS, PROVINCE, register, TEST_DAYS } from '../functions/province.ts'

const MINUTE_MS = 60_000
const METERS = (PROVINCE.meters ?? []).map(({ id }) => id)

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-backup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function opened(folder: string): Promise<LocalPlatform> {
  const platform = await openPlatform(folder, () => NOON_MS)
  onTestFinished(() => platform.close())
  return platform
}

/** Readings of one minute, all meters; the register rises by one. */
const minute = (n: number) =>
  METERS.map((meter) => ({ meter, atMs: NOON_MS - (20_000 - n) * MINUTE_MS, value: n, quality: 'good' as const }))

test('a backup while readings come holds all that was acknowledged before, in order, and no half batch', async () => {
  const [data, target] = [join(temporary(), 'data'), join(temporary(), 'backups')]
  const platform = await opened(data)
  await register(platform, PROVINCE)
  let acknowledged = 0
  let goesOn = true
  const load = (async () => {
    for (; goesOn; acknowledged++) await platform.readings.append(minute(acknowledged), NOON_MS + acknowledged)
  })()
  const rounds = runsOf({ test: 2, campaign: 20 })
  const made: { before: number; view: BackupView }[] = []
  for (let round = 0; round < rounds; round++) {
    await sleep(20)
    // The clock stands still here; a backup is named after its moment.
    const at = join(target, String(round))
    made.push({ before: acknowledged, view: await platform.backUp(at) })
  }
  goesOn = false
  await load
  for (const { before, view } of made) {
    const restored = join(temporary(), 'data')
    await restoreBackup(view.folder, restored)
    const copy = await openPlatform(restored, () => NOON_MS)
    const { rows } = copy.readings.extent()
    expect(rows).toBe(view.rows)
    expect(rows % METERS.length).toBe(0)
    expect(rows / METERS.length).toBeGreaterThanOrEqual(before)
    const whole = Array.from({ length: rows / METERS.length }, (_, n) => n)
    const own = await copy.readings.history(METERS[0] ?? '', 0, NOON_MS)
    expect(own.map(({ value }) => value)).toEqual(whole)
    expect(await documents(copy, 'registry/')).toEqual(await documents(platform, 'registry/'))
    await copy.close()
  }
})

test('files of the lake are copied once, stay while they are copied, and are restored with what arrived after', async () => {
  const [data, target] = [join(temporary(), 'data'), join(temporary(), 'backups')]
  const platform = await opened(data)
  await register(platform, PROVINCE)
  const append = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await platform.readings.append(minute(n), NOON_MS + n)
  }
  await append(0, 50)
  await platform.tidyLake({ all: true })
  const files = platform.readings.lakeFiles().length
  expect(files).toBeGreaterThan(0)
  const first = await platform.backUp(target)
  await append(50, 60)
  // The clock stands still here; a backup is named after its moment.
  renameSync(first.folder, join(target, '2020-01-01T000000.000Z'))
  const second = await platform.backUp(target)
  expect(second.linked).toBeGreaterThanOrEqual(files)
  // Merged and replaced: what a backup that goes on has listed must still be there.
  renameSync(second.folder, join(target, '2020-01-02T000000.000Z'))
  const [third] = await Promise.all([platform.backUp(target), platform.tidyLake({ all: true })])
  const damage = async (folder: string) => (await verifyBackup(folder)).damage
  expect([await damage(third.folder), await damage(join(target, '2020-01-01T000000.000Z'))]).toEqual([[], []])
  const restored = join(temporary(), 'data')
  await restoreBackup(third.folder, restored)
  const copy = await opened(restored)
  expect(copy.readings.damage()).toEqual([])
  expect(copy.readings.extent()).toEqual(platform.readings.extent())
  for (const meter of METERS)
    expect(await copy.readings.history(meter, 0, NOON_MS)).toEqual(await platform.readings.history(meter, 0, NOON_MS))
  // A file that is not what was written is not carried on.
  const [one] = platform.readings.lakeFiles()
  const path = join(data, 'lake', one?.path ?? '')
  writeFileSync(path, readFileSync(path).fill(7, 9, 10))
  await expect(platform.backUp(join(temporary(), 'elsewhere'))).rejects.toThrow(/is not what was written/)
})

test('what a restored folder settles and judges is what the first one does', async () => {
  const [data, target, restored] = [join(temporary(), 'data'), join(temporary(), 'b'), join(temporary(), 'data')]
  const platform = await opened(data)
  await register(platform, PROVINCE)
  const append = (one: Pick<LocalPlatform, 'readings'>, from: number, to: number) =>
    one.readings.append(Array.from({ length: to - from }, (_, n) => minute((from + n) * 15)).flat(), NOON_MS + from)
  await append(platform, 0, 200)
  await derive(platform)
  await append(platform, 200, 300)
  const { folder } = await platform.backUp(target)
  await restoreBackup(folder, restored)
  const copy = await opened(restored)
  for (const one of [platform, copy]) {
    await append(one, 300, 400)
    await derive(one)
  }
  const known = await consumptionBytes(platform, METERS, TEST_DAYS)
  expect(Object.keys(known).length).toBeGreaterThan(0)
  expect(await consumptionBytes(copy, METERS, TEST_DAYS)).toEqual(known)
  expect(await documents(copy, 'subject/')).toEqual(await documents(platform, 'subject/'))
})

test('files that have not changed are shared with the backup before, and old ones go', async () => {
  const [data, target] = [join(temporary(), 'data'), join(temporary(), 'b')]
  let nowMs = NOON_MS
  const platform = await openPlatform(data, () => nowMs)
  onTestFinished(() => platform.close())
  for (const name of ['one', 'two'])
    await platform.objects.put(`reports/${name}.bin`, Buffer.from(name), { contentType: 'application/octet-stream' })
  const first = await platform.backUp(target)
  await platform.objects.put('reports/two.bin', Buffer.from('changed'), { contentType: 'application/octet-stream' })
  await platform.objects.put('reports/three.bin', Buffer.from('new'), { contentType: 'application/octet-stream' })
  nowMs += MINUTE_MS
  const second = await platform.backUp(target)
  expect([first.linked, second.linked]).toEqual([0, 1])
  const inodeOf = ({ folder }: BackupView, name: string) => statSync(join(folder, 'objects/reports', name)).ino
  expect(inodeOf(second, 'one.bin')).toBe(inodeOf(first, 'one.bin'))
  expect(readFileSync(join(first.folder, 'objects/reports/two.bin'), 'utf8')).toBe('two')
  expect(readFileSync(join(second.folder, 'objects/reports/two.bin'), 'utf8')).toBe('changed')
  nowMs += MINUTE_MS
  const third = await platform.backUp(target, 2)
  expect(third.removed).toEqual([expect.stringMatching(/^2026-/)])
  expect(formerBackups(target).map((name) => join(target, name))).toEqual([second.folder, third.folder])
  expect((await verifyBackup(second.folder)).damage).toEqual([])
})

test('a damaged backup is named and not restored; a folder with other things is no place for one', async () => {
  const [data, target] = [join(temporary(), 'data'), join(temporary(), 'b')]
  const platform = await opened(data)
  await platform.objects.put('reports/one.bin', Buffer.from('one'), { contentType: 'application/octet-stream' })
  const { folder } = await platform.backUp(target)
  appendFileSync(join(folder, 'state.sqlite'), 'x')
  writeFileSync(join(folder, 'objects/reports/one.bin'), 'One')
  expect((await verifyBackup(folder)).damage).toEqual([
    expect.stringMatching(/^state\.sqlite has \d+ bytes instead of \d+$/),
    'objects/reports/one.bin is not what was written',
  ])
  const restored = join(temporary(), 'data')
  await expect(restoreBackup(folder, restored)).rejects.toThrow(/is damaged \(2 files\): state\.sqlite has/)
  expect(readdirSync(join(restored, '..'))).toEqual([])
  await expect(restoreBackup(target, restored)).rejects.toThrow('is no backup: it has no backup.json')
  await expect(platform.backUp(join(data, 'b'))).rejects.toThrow('lies in the data folder')
  const other = temporary()
  mkdirSync(join(other, 'photos'))
  await expect(platform.backUp(other)).rejects.toThrow('holds "photos"')
  writeFileSync(join(folder, 'backup.json'), JSON.stringify({ ...manifestOf(folder), format: 2, by: '9.9.9' }))
  await expect(verifyBackup(folder)).rejects.toThrow('was written by kilowatch 9.9.9, which is newer than this one')
})
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8'))

test('a running host is asked, and a folder that is in use is no place to restore to', async () => {
  const [data, target] = [join(temporary(), 'data'), join(temporary(), 'b')]
  const host: Host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {}, hold: true })
  onTestFinished(() => host.close())
  await register(host.platform, PROVINCE)
  const told: string[] = []
  const write = process.stdout.write
  process.stdout.write = ((text: string) => told.push(text) > 0) as typeof write
  try {
    await backUpFolder(target, { data, json: true })
  } finally {
    process.stdout.write = write
  }
  const made = JSON.parse(told.join('')) as BackupView
  expect((await verifyBackup(made.folder)).damage).toEqual([])
  const answer = await fetch(`${host.httpUrl}/api/v1/backups`, {
    method: 'POST',
    body: JSON.stringify({ folder: target }),
  })
  expect(answer.status).toBe(401)
})

const draftsIn = (target: string) => readdirSync(target).filter((name) => name.startsWith('.'))
/** Runs `kilowatch backup`, kills it after `wait` from its first new file on; returns when that was (ms). */
async function backUpUntil(data: string, target: string, wait: () => Promise<unknown>): Promise<number> {
  const [former, drafts] = [formerBackups(target).length, draftsIn(target).join()]
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'local/cli.ts'), 'backup', target, '--data', data, '--keep', '1'],
    { stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  const begun = () => draftsIn(target).join() !== drafts || formerBackups(target).length !== former
  while (child.exitCode === null && !begun()) await sleep(1)
  const began = performance.now()
  await Promise.race([ended, wait()])
  child.kill('SIGKILL')
  await ended
  return began
}

testInCampaign(
  'a backup that is killed leaves no backup, and the next one clears it away',
  async () => {
    const [data, target] = [join(temporary(), 'data'), join(temporary(), 'b')]
    const platform = await openPlatform(data, () => NOON_MS)
    await register(platform, PROVINCE)
    for (let n = 0; n < 300; n++)
      await platform.readings.append(Array.from({ length: 40 }, (_, at) => minute(n * 40 + at)).flat(), NOON_MS + n)
    await platform.close()
    mkdirSync(target)
    const kills = 40
    // How long a backup writes on this machine: kills are spread over that and a little more, from its first file on.
    const began = await backUpUntil(data, target, () => new Promise(() => {}))
    const writesMs = performance.now() - began
    expect(formerBackups(target)).toHaveLength(1)
    let [whole, halves] = [0, 0]
    for (let kill = 0; kill < kills; kill++) {
      const former = formerBackups(target)
      await backUpUntil(data, target, () => sleep((1.2 * writesMs * kill) / kills))
      if (draftsIn(target).length > 0) halves++
      for (const name of formerBackups(target)) {
        expect((await verifyBackup(join(target, name))).damage).toEqual([])
        if (!former.includes(name)) whole++
      }
    }
    const again = await openPlatform(data)
    const { folder, rows } = await again.backUp(target, 1)
    await again.close()
    expect(rows).toBe(300 * 40 * METERS.length)
    expect(readdirSync(target)).toEqual(formerBackups(target))
    expect((await verifyBackup(folder)).damage).toEqual([])
    // Some were killed while they wrote.
    expect([halves > 0, whole > 0]).toEqual([true, true])
  },
  240_000,
)
