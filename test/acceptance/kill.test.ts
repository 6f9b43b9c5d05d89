// "Acknowledged means durable": host and gateways are killed with SIGKILL at moments nobody chose, in the middle of the
// work, and in the end every reading stands once. The seed of the moments is printed; KILOWATCH_SEED repeats them.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../devices/random.ts'
import { type ReplayGateway, type ReplayProgress, runReplay } from '../../devices/replay/replay.ts'
import { type Client, clientOf } from '../../local/command/client.ts'
import { buildingsReplay } from '../../local/command/replay-buildings.ts'
import type { ReplayPlan } from '../../local/command/replay-plan.ts'
import { newSecret } from '../../local/credentials.ts'
import { CAMPAIGN, runsOf, testInCampaign } from '../campaign.ts'
import { freePort } from '../devices/broker.ts'
import { testShared } from '../shared.ts'
import { BDG2_FILES, type BuildingResult, differences, readTruth } from './bdg2.ts'
import { eventually, killed, startAndKillHost, startHostProcess, temporaryFolder } from './host-process.ts'

const KILLS = 40
const GATEWAY_KILLS = runsOf({ test: 2, campaign: 30 })
/** Every so many kills the host is killed again while it is still starting. */
const KILL_WHILE_STARTING_EACH = 4
/** Small messages, so that the replay lasts through all kills and many are on the wire at each. */
const READINGS_PER_MESSAGE = 40
/** A gateway that finds no broker tries again soon: the kills are the test, not the waits. */
const LIMITS = { retryMsMin: 20, retryMsMax: 200, refusedRetryMs: 200 }
/** Of the series that a gateway sends, more than half: the rest is sent after the last kill. */
const GATEWAY_READINGS = 9_600
const TEST_MS_MAX = runsOf({ test: 180_000, campaign: 600_000 })

/** Minutes, and its kind is in `npm test` twice: a gateway's kills below, and those of the outbox. */
const sharedInCampaign: typeof testShared = CAMPAIGN ? testShared : (name) => testInCampaign(name, () => {})

sharedInCampaign(
  `the totals of 36 buildings are exact after ${KILLS} SIGKILLs of the host during the replay`,
  BDG2_FILES,
  async (readings, buildings, totals) => {
    const random = seeded()
    const plan = await buildingsReplay({ readings, buildings, data: '', reductionPct: 0 })
    const [folder, mqttPort] = [temporaryFolder(), await freePort()]
    const data = join(folder, 'data')
    let host = await startHostProcess(data, mqttPort)
    const gateways = await register(plan, clientOf(host))

    let progress: ReplayProgress = { total: Number.POSITIVE_INFINITY, sent: 0, acknowledged: 0 }
    let over = false
    const replaying = runReplay({
      url: host.mqttUrl,
      gateways,
      folder: join(folder, 'outbox'),
      readingsPerMessage: READINGS_PER_MESSAGE,
      limits: LIMITS,
      onProgress: (now) => {
        progress = now
      },
    }).finally(() => {
      over = true
    })
    replaying.catch(() => {}) // awaited below

    const killsDuringReplay: number[] = []
    for (const [kill, { share, delayMs, startMs }] of killMoments(random).entries()) {
      const last = killsDuringReplay.at(-1) ?? 0
      const isSoFar = () => progress.acknowledged > last && progress.acknowledged >= share * progress.total
      await eventually('the replay is so far', () => over || isSoFar(), 60_000)
      await pause(delayMs)
      await host.kill()
      if (!over && progress.acknowledged < progress.total) killsDuringReplay.push(progress.acknowledged)
      if (kill % KILL_WHILE_STARTING_EACH === 1) await startAndKillHost(data, mqttPort, startMs)
      host = await startHostProcess(data, mqttPort)
    }
    console.info(`killed after ${killsDuringReplay.join(', ')} of ${progress.total} readings were acknowledged`)
    expect(killsDuringReplay.length).toBeGreaterThanOrEqual(0.7 * KILLS)
    expect(await replaying).toEqual({ total: 610_978, sent: 610_978, acknowledged: 610_978 })

    const client = clientOf(host)
    expect(await settledCount(client, plan.area)).toBe(610_978)
    const { buildings: results } = (await plan.result(client)) as { buildings: BuildingResult[] }
    expect(differences(results, readTruth(totals))).toEqual([])
    expect(await wrongReadings(client, plan.gateways)).toEqual([])
    expect(await client.get('rejections')).toMatchObject({ items: [], next: null })
  },
  TEST_MS_MAX,
)

testShared(
  'a gateway killed with SIGKILL again and again, the host with it, goes on from its outbox and loses nothing',
  BDG2_FILES,
  async (readings, buildings) => {
    const random = seeded()
    const whole = await buildingsReplay({ readings, buildings, data: '', reductionPct: 0 })
    const [folder, mqttPort] = [temporaryFolder(), await freePort()]
    const data = join(folder, 'data')
    let host = await startHostProcess(data, mqttPort)
    const [sender] = await register(whole, clientOf(host))
    const [{ meter, atMs, value }] = sender.meters
    const known = [...value.keys()].filter((row) => !Number.isNaN(value[row]))
    const file = join(folder, 'series.json')
    writeFileSync(file, JSON.stringify(known.map((row) => ({ meter, at: atMs[row], value: value[row] }))))
    const connection = { url: host.mqttUrl, id: sender.id, password: sender.password }
    const start = (from: number) =>
      spawnGateway({ ...connection, file, from, outbox: join(folder, `${sender.id}.outbox`) })

    // The source goes on where the outbox said that it had taken the readings: those are nowhere else.
    let taken = 0
    let diedWaiting = 0
    for (let kill = 0; kill < GATEWAY_KILLS; kill++) {
      const hostIsAway = kill % 3 === 0
      if (hostIsAway) await host.kill()
      const gateway = start(taken)
      const enough = taken + random.whole(100, GATEWAY_READINGS / GATEWAY_KILLS)
      for await (const { offered, waiting } of gateway.figures) {
        taken = Math.max(taken, offered)
        if (offered < enough) continue
        diedWaiting += waiting
        gateway.child.kill('SIGKILL')
      }
      await killed(gateway.child)
      expect(gateway.child.signalCode).toBe('SIGKILL')
      if (hostIsAway) host = await startHostProcess(data, mqttPort)
    }
    console.info(`the gateway was killed after ${taken} of ${known.length}; ${diedWaiting} readings waited in all`)
    expect(taken).toBeLessThan(known.length)
    expect(diedWaiting).toBeGreaterThan(0)
    const last = start(taken)
    for await (const _ of last.figures); // until it has drained and ended
    await eventually('it has ended', () => last.child.exitCode !== null)
    expect(last.child.exitCode).toBe(0)

    const client = clientOf(host)
    expect(await settledCount(client, whole.area)).toBe(known.length)
    expect(await wrongReadings(client, [sender])).toEqual([])
  },
  TEST_MS_MAX,
)

function seeded() {
  const seed = process.env.KILOWATCH_SEED ?? String(process.hrtime.bigint())
  console.info(`KILOWATCH_SEED=${seed}`)
  return createRandom(seed)
}

/** When to kill: at a share of the replay, plus a moment, in rising order; and how far into a start. */
function killMoments(random: ReturnType<typeof createRandom>) {
  return Array.from({ length: KILLS }, (_, index) => ({
    share: (index + random.next()) / (KILLS + 2),
    delayMs: random.between(0, 40),
    startMs: random.between(50, 700),
  }))
}

async function register(plan: ReplayPlan, client: Client): Promise<ReplayGateway[]> {
  const gateways = plan.gateways.map((gateway) => ({ ...gateway, password: newSecret() }))
  const passwords = new Map(gateways.map(({ id, password }) => [id, password]))
  const entries = plan.registry.gateways.map((entry) => ({ ...entry, password: passwords.get(entry.id) }))
  await client.put('registry', { ...plan.registry, gateways: entries })
  return gateways
}

/** Waits until all that arrived is in the totals; returns how many readings stand. */
async function settledCount(client: Client, area: string): Promise<number> {
  const fresh = await eventually(
    'all is settled',
    async () => {
      const freshness = await client.get<{ upToDate: boolean; readings: number }>(`areas/${area}/freshness`)
      return freshness.upToDate && freshness
    },
    60_000,
  )
  return fresh.readings
}

/** Meters whose readings in the store are not, one by one, those that were sent. */
async function wrongReadings(client: Client, gateways: readonly Omit<ReplayGateway, 'password'>[]): Promise<string[]> {
  const wrong: string[] = []
  for (const { meter, atMs, value } of gateways.flatMap(({ meters }) => meters)) {
    const range = `from=${atMs[0]}&to=${atMs[atMs.length - 1] + 1}&grain=raw`
    const { points } = await client.get<{ points: { atMs: number; value: number }[] }>(
      `meters/${meter}/series?${range}`,
    )
    const sent = [...value.keys()].filter((row) => !Number.isNaN(value[row]))
    const isSame = sent.every((row, index) => points[index]?.atMs === atMs[row] && points[index].value === value[row])
    if (!isSame || points.length !== sent.length) wrong.push(`${meter}: ${points.length} of ${sent.length}`)
  }
  return wrong
}

/** Starts `gateway-process.ts`; `figures` are what it says, until it ends. */
function spawnGateway(options: Record<string, unknown>): { child: ChildProcess; figures: AsyncIterable<Figures> } {
  const script = join(import.meta.dirname, 'gateway-process.ts')
  const child = spawn(process.execPath, [script, JSON.stringify({ ...options, limits: LIMITS })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => killed(child))
  async function* figures() {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Figures
  }
  return { child, figures: figures() }
}
interface Figures {
  /** Readings that the outbox has taken, counted from the first of the file. */
  offered: number
  waiting: number
}
