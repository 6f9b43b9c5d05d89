// What is made of the lake alone: hours and months to the byte, wherever the files came from; and a restore that is
// killed, which leaves nothing that looks like a data folder.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import { rebuild } from '../../functions/rebuild.ts'
import { openPlatform } from '../../local/platform.ts'
import { projectRoot } from '../acceptance/host-process.ts'
import { testInCampaign } from '../campaign.ts'
import {
  consumptionBytes,
  derive,
  documents,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
} from '../functions/province.ts'

const METERS = (PROVINCE.meters ?? []).map(({ id }) => id)
const KINDS = ['subject/', 'summary/', 'standing/', 'season/', 'peers/']

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-alone-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Fifty days, with corrections, values of many places, and suspect ones; in the lake in several files a month. */
async function filled(folder: string): Promise<void> {
  const platform = await openTestPlatform(folder)
  await register(platform, PROVINCE)
  for (let hour = 0; hour < 24 * 50; hour += 6) {
    const batch = METERS.map((meter, n) => ({
      ...{ meter, atMs: NOON_MS - (24 * 50 - hour) * HOUR_MS, value: 900 + hour * (n + 1 / 3) },
      quality: hour % 90 === 6 ? ('suspect' as const) : ('good' as const),
    }))
    await platform.readings.append(batch, NOON_MS + hour)
    if (hour % 60 === 0)
      await platform.readings.append(
        batch.slice(2, 4).map((one) => ({ ...one, value: one.value + 0.125 })),
        NOON_MS + hour,
      )
    if (hour % 300 === 0) await platform.tidyLake({ all: true })
  }
  await platform.tidyLake({ all: true })
  await derive(platform)
  await platform.close()
}

async function derivedIn(folder: string) {
  const platform = await openPlatform(folder, () => NOON_MS)
  const found = [
    ...(await Promise.all(KINDS.map((kind) => documents(platform, kind)))),
    await consumptionBytes(platform, METERS),
  ]
  await platform.close()
  return found
}

test('hours and months that are rebuilt from the files alone are those that stood, to the byte', async () => {
  const [folder, other] = [temporary(), join(temporary(), 'data')]
  await filled(folder)
  const platform = await openPlatform(folder, () => NOON_MS)
  await rebuild(platform, () => platform.consumption.clear())
  await platform.close()
  const right = await derivedIn(folder)
  // The registry, and the files: no readings.duckdb.
  cpSync(folder, other, { recursive: true, filter: (path) => !/readings\.duckdb|folder-mark|mark\.json/.test(path) })
  expect(readdirSync(other)).not.toContain('readings.duckdb')
  const again = await openPlatform(other, () => NOON_MS, { acceptLoss: true })
  const { failed, readings } = await rebuild(again, () => again.consumption.clear())
  expect(failed).toEqual([])
  expect(readings).toBe(200 * METERS.length)
  await again.close()
  expect(await derivedIn(other)).toEqual(right)
})

testInCampaign(
  'a restore that is killed leaves no data folder, and the next one makes it',
  async () => {
    const [folder, target] = [temporary(), join(temporary(), 'b')]
    await filled(folder)
    const platform = await openPlatform(folder, () => NOON_MS)
    const { folder: backup, rows } = await platform.backUp(target)
    await platform.close()
    const parent = temporary()
    const restored = join(parent, 'data')
    /** Kills `wait` after its first file; resolves to the time from that to the end. */
    const restoring = async (wait: () => Promise<unknown>): Promise<number> => {
      const before = readdirSync(parent).length
      const child = spawn(
        process.execPath,
        [join(projectRoot, 'local/cli.ts'), 'restore', backup, '--data', restored],
        {
          stdio: 'ignore',
        },
      )
      const ended = once(child, 'exit')
      while (child.exitCode === null && readdirSync(parent).length === before) await sleep(1)
      const beganMs = performance.now()
      await Promise.race([ended, wait()])
      child.kill('SIGKILL')
      await ended
      return performance.now() - beganMs
    }
    const wholeMs = await restoring(() => new Promise(() => {}))
    expect(existsSync(restored)).toBe(true)
    let [whole, none] = [0, 0]
    const kills = 24
    for (let kill = 0; kill < kills; kill++) {
      rmSync(restored, { recursive: true, force: true })
      await restoring(() => sleep((1.3 * wholeMs * kill) / kills))
      if (!existsSync(restored)) none++
      else {
        whole++
        const copy = await openPlatform(restored, () => NOON_MS)
        expect(copy.readings.extent().rows).toBe(rows)
        await copy.close()
      }
    }
    expect(none + whole).toBe(kills)
    expect([none > 0, whole > 0]).toEqual([true, true])
    rmSync(restored, { recursive: true, force: true })
    await restoring(() => new Promise(() => {}))
    expect(await derivedIn(restored)).toEqual(await derivedIn(folder))
  },
  240_000,
)
