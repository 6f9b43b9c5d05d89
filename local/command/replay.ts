// `kilowatch replay`: sends real readings through gateways over MQTT QoS 1; the host settles and judges them, and the
// result is read over HTTP. The output depends on the input alone: doubled, shuffled or sent twice, the totals are the
// same.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { csvLayoutOf } from '../../devices/replay/csv-source.ts'
import { type ReplayGateway, runReplay } from '../../devices/replay/replay.ts'
import type { Page, RejectionView } from '../../domain/view/view.ts'
import { newSecret } from '../credentials.ts'
import { type HostAddress, runningHost } from '../host-address.ts'
import { type Client, chosenHost, clientOf } from './client.ts'
import { progressLine } from './progress.ts'
import { buildingsReplay } from './replay-buildings.ts'
import { heatMeterReplay } from './replay-heat-meter.ts'
import type { ReplayCommandOptions, ReplayPlan } from './replay-plan.ts'
import { stopSignal } from './stop-signal.ts'

const POLL_MS = 50

export async function replay(options: ReplayCommandOptions): Promise<void> {
  const startedMs = performance.now()
  const layout = await csvLayoutOf(options.readings)
  const plan = layout === 'wide' ? await buildingsReplay(options) : await heatMeterReplay(options.readings)
  for (const note of plan.notes) process.stderr.write(`${note}\n`)
  const signal = stopSignal()
  const folder = await mkdtemp(join(tmpdir(), 'kilowatch-replay-'))
  let host: OwnHost | undefined
  try {
    host = options.url ? undefined : await ownHost(join(folder, 'data'), signal)
    const address = host?.address ?? givenHost(options)
    const client = clientOf(address)
    const gateways = await register(plan, client)
    const rejectedBefore = await rejectedReadings(client, gateways)
    const line = progressLine()
    const sent = await runReplay({
      url: address.mqttUrl,
      gateways,
      folder: options.outbox ?? join(folder, 'outbox'),
      shuffle: options.shuffle,
      duplicate: options.duplicate,
      signal,
      onProgress: ({ acknowledged, total }) => line.show(`${acknowledged} of ${total} readings stored`),
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
    line.show('settling')
    const stored = await settled(client, plan.area, signal)
    line.clear()
    const result = {
      ...(await plan.result(client)),
      sent: sent.sent,
      stored,
      // The host counts every arrival, so our copies are divided out, and rejections of earlier replays subtracted.
      rejected: ((await rejectedReadings(client, gateways)) - rejectedBefore) / (options.duplicate ? 2 : 1),
      seconds: Math.round((performance.now() - startedMs) / 10) / 100,
    }
    process.stdout.write(`${JSON.stringify(result, null, options.json ? undefined : 2)}\n`)
    if (result.rejected > 0) await tellRejections(client, gateways)
  } finally {
    await host?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

interface OwnHost {
  address: HostAddress
  stop(): Promise<void>
}

/**
 * Our own host in another process: the gateways here and the broker there have a core each. The channel between them
 * carries no messages; when this process is killed it closes, and the host ends too.
 */
async function ownHost(data: string, signal: AbortSignal): Promise<OwnHost> {
  const cli = join(import.meta.dirname, '..', 'cli.ts')
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      cli,
      'start',
      '--no-demo',
      '--no-web',
      '--port',
      '0',
      '--mqtt-port',
      '0',
      '--data',
      data,
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await exited
  }
  try {
    return { address: await addressOf(child, data, signal), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function addressOf(child: ChildProcess, data: string, signal: AbortSignal): Promise<HostAddress> {
  while (child.exitCode === null && child.signalCode === null) {
    signal.throwIfAborted()
    const address = runningHost(data)
    if (address) return address
    await pause(POLL_MS)
  }
  throw new Error(`the host of the replay ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`)
}

function givenHost(options: ReplayCommandOptions): Pick<HostAddress, 'httpUrl' | 'mqttUrl' | 'adminToken'> {
  const host = chosenHost(options)
  if (!host || !options.url) {
    throw new Error(
      `no kilowatch runs on "${options.data}"; say with --api and --token where the one behind --url answers`,
    )
  }
  return { ...host, mqttUrl: options.url }
}

/** Registers the input; each gateway gets a new secret, so that a replay can be repeated. */
async function register({ registry, gateways }: ReplayPlan, client: Client): Promise<ReplayGateway[]> {
  const secrets = new Map(gateways.map(({ id }) => [id, newSecret()]))
  const withPasswords = registry.gateways.map((gateway) => ({ ...gateway, password: secrets.get(gateway.id) }))
  // A longer recording of the same buildings moves the ends of their meters.
  await client.put('registry', { ...registry, gateways: withPasswords, rewritePast: true })
  return gateways.map((gateway) => ({ ...gateway, password: secrets.get(gateway.id) ?? '' }))
}

interface Freshness {
  upToDate: boolean
  readings: number
}

/** Waits until the totals contain everything sent; returns the number of distinct readings stored. */
async function settled(client: Client, area: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    signal.throwIfAborted()
    const { upToDate, readings } = await client.get<Freshness>(`areas/${area}/freshness`)
    if (upToDate) return readings
    await pause(POLL_MS)
  }
}

/** Prints why readings were rejected on stderr: one example a gateway. */
async function tellRejections(client: Client, gateways: readonly { id: string }[]): Promise<void> {
  for (const { id } of gateways) {
    const { items } = await client.get<Page<RejectionView>>(`rejections?gateway=${id}&limit=1`)
    const [first] = items
    if (first) process.stderr.write(`kilowatch: ${id}: ${first.code}: ${first.detail}\n`)
  }
}

/** Rejections of these gateways so far. */
async function rejectedReadings(client: Client, gateways: readonly { id: string }[]): Promise<number> {
  let rejected = 0
  for (const { id } of gateways) {
    const { counts } = await client.get<{ counts: Record<string, number> }>(`rejections?gateway=${id}&limit=1`)
    for (const count of Object.values(counts)) rejected += count
  }
  return rejected
}
