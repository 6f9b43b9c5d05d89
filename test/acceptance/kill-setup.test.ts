// SIGKILL in the middle of an import and of the making of the demo: what was cut off is completed by the next attempt,
// and what stands in the end is what stands without a kill. `npm run campaign` kills more often.

import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../devices/random.ts'
import { importInto } from '../../functions/judging/import-records.ts'
import { readRegistry } from '../../functions/registry/reader.ts'
import { runningHost } from '../../local/host-address.ts'
import { openPlatform } from '../../local/platform.ts'
import { testInCampaign } from '../campaign.ts'
import { freePort } from '../devices/broker.ts'
import { documents, institution, meter, oneInstitution, openTestPlatform } from '../functions/province.ts'
import { eventually, killed, spawnHost, startHostProcess, temporaryFolder } from './host-process.ts'

const IMPORT_KILLS = 15
const DEMO_KILLS = 5
/** Enough that the import goes through its thread (local/work-apart.ts) and takes about a second. */
const METERS = 6_000
const IMPORT_MS = 1_500
const DEMO_MS = 8_000
const TEST_MS_MAX = 400_000

const records = (name: string) => ({
  ...oneInstitution(Array.from({ length: METERS }, (_, index) => meter(`A-${index}`, 'A', { name }))),
  institutions: [institution('A', '130102')],
})

function seeded() {
  const seed = process.env.KILOWATCH_SEED ?? String(process.hrtime.bigint())
  console.info(`KILOWATCH_SEED=${seed}`)
  return createRandom(seed)
}

testInCampaign(
  `an import that is killed ${IMPORT_KILLS} times stands as one that was not, once it is sent again`,
  async () => {
    const random = seeded()
    const data = join(temporaryFolder(), 'data')
    let cutOff = 0
    for (let kill = 0; kill <= IMPORT_KILLS; kill++) {
      const host = await startHostProcess(data, await freePort())
      const sent = fetch(`${host.httpUrl}/api/v1/registry`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${host.adminToken}` },
        body: JSON.stringify(records(`round ${kill}`)),
      }).then(
        ({ status }) => status,
        () => 'cut off' as const,
      )
      if (kill < IMPORT_KILLS) await pause(random.between(0, IMPORT_MS))
      else expect(await sent).toBe(200)
      await host.kill()
      if ((await sent) === 'cut off') cutOff++
    }
    console.info(`${cutOff} of ${IMPORT_KILLS} imports were cut off`)
    const platform = await openPlatform(data)
    onTestFinished(() => platform.close())
    const whole = await openTestPlatform()
    await importInto(whole, records(`round ${IMPORT_KILLS}`))
    const [found, wanted] = [await documents(platform, 'registry'), await documents(whole, 'registry')]
    // The revision counts the imports.
    for (const one of [found, wanted]) Object.assign(one['registry/head'] as object, { revision: 0 })
    expect(found).toEqual(wanted)
  },
  TEST_MS_MAX,
)

testInCampaign(
  `a demo whose making is killed ${DEMO_KILLS} times ends whole, and holds no reading twice`,
  async () => {
    const random = seeded()
    const data = join(temporaryFolder(), 'data')
    for (let kill = 0; kill <= DEMO_KILLS; kill++) {
      const { child } = spawnHost(data, await freePort(), ['--no-web'])
      if (kill < DEMO_KILLS) await pause(random.between(1_000, DEMO_MS))
      else await eventually('the demo is made', () => isReady(data, child.pid), TEST_MS_MAX)
      await killed(child)
    }
    const platform = await openPlatform(data)
    onTestFinished(() => platform.close())
    const { meters } = await readRegistry(platform.state)
    const distinct = await platform.readings.count(meters.map(({ id }) => id))
    const { rows } = platform.readings.extent()
    console.info(`${rows} rows of ${distinct} readings after ${DEMO_KILLS} kills`)
    expect(distinct).toBeGreaterThan(1_000_000)
    expect(rows).toBeLessThan(1.001 * distinct)
  },
  TEST_MS_MAX,
)

async function isReady(data: string, pid: number | undefined): Promise<boolean> {
  const host = runningHost(data)
  if (host?.pid !== pid) return false
  // A connection kept from the last question may just be closed: asked again, it is a new one.
  const answer = await fetch(`${host?.httpUrl}/api/v1/health`).catch(() => undefined)
  return ((await answer?.json()) as { status: string } | undefined)?.status === 'ok'
}
