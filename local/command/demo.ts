// Sets up the demo province on an empty machine: its registry, 13 months of hourly history through the ingest handler,
// settled and judged; then its gateways, which publish over MQTT from another process. A restarted demo continues where
// it stopped.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROVINCE_CODE } from '../../devices/demo/areas.ts'
import type { DemoGatewaysInput } from '../../devices/demo/gateways.ts'
import { demoProvince } from '../../devices/demo/province.ts'
import type { HistoryMessage } from '../../devices/demo/simulator.ts'
import { ALERT_KINDS } from '../../domain/alert/kinds.ts'
import { ALERT_RULES } from '../../domain/alert/rules.ts'
import type { AlertThreshold } from '../../domain/alert/threshold.ts'
import { addMonths, monthOf, monthRange } from '../../domain/calendar.ts'
import { alertKeys } from '../../functions/alerts/store.ts'
import { DEMO_KEY, type Demo, PROGRESS_KEY } from '../../functions/api/routes.ts'
import { ingest } from '../../functions/ingest.ts'
import type { ShardResult } from '../../functions/platform.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { registryKeys } from '../../functions/registry/reader.ts'
import { extentsOf, settledKey } from '../../functions/settling/mark.ts'
import { endHelper, startHelper, tell } from '../helper-process.ts'
import type { Host } from '../host.ts'
import { prepareContract } from './demo-contract.ts'
import type { BatchAsked, HistoryBatch, HistoryInput } from './demo-history.ts'

/** Progress of the set-up, step by step. */
export type Stage = 'registry' | 'history' | 'settle' | 'assess'
export type Report = (stage: Stage, done: number, total: number) => void

const HISTORY_MONTHS = 13
const SECRETS_FILE = 'demo-gateways.json'

/** The demo's history arrives all at once, so its alerts skip the waiting time that makes an alert sure. */
const DEMO_THRESHOLDS: AlertThreshold[] = ALERT_KINDS.filter(
  (kind) => ALERT_RULES[kind].defaults.raiseAfterMinutes > 0,
).map((kind) => ({
  subject: PROVINCE_CODE,
  kind,
  raiseAfterMinutes: 0,
  by: 'demo',
  reason: 'the demo shows at once what holds in its history',
}))

/**
 * Sets up the demo when the registry is empty, or finishes one that was cut off; returns it, or undefined when the
 * registry is the user's own. Nothing counts twice: data stored by an interrupted start is sent again and counts once.
 */
export async function prepareDemo(host: Host, data: string, seed: string, report: Report): Promise<Demo | undefined> {
  const { state, devices, now } = host.platform
  const stored = (await state.get(DEMO_KEY))?.value
  const isEmpty = (await state.get(registryKeys.head)) === undefined
  if (!stored && !isEmpty) return undefined
  if (stored?.deliveredMs !== undefined) return stored
  const province = demoProvince({ seed: stored?.seed ?? seed, startMs: stored?.startMs ?? now() })
  const demo: Demo = { seed: String(province.seed), startMs: province.startMs }
  report('registry', 0, 1)
  await state.put([{ key: DEMO_KEY, value: demo }])
  await state.put([{ key: alertKeys.thresholds(PROVINCE_CODE), value: DEMO_THRESHOLDS }])
  const { problems } = await importRegistry(state, province.registry)
  if (problems.length > 0) throw new Error(`the demo's registry is wrong: ${JSON.stringify(problems[0])}`)
  if (!existsSync(join(data, SECRETS_FILE))) {
    const secrets = await devices.provision(province.registry.gateways)
    writeFileSync(join(data, SECRETS_FILE), JSON.stringify(secrets), { mode: 0o600 })
  }
  const fromMs = monthRange(addMonths(monthOf(demo.startMs), -HISTORY_MONTHS)).fromMs
  const window = { fromMs, toMs: demo.startMs, dailyFromMs: province.originMs }
  const meters = province.registry.meters.length
  await ingestHistory(host, { ...demo, window }, (done) =>
    report('history', done, (meters * (window.toMs - fromMs)) / 3_600_000),
  )
  await settleAll(host, report)
  await prepareContract(host, province)
  const delivered = { ...demo, deliveredMs: demo.startMs }
  await state.put([{ key: DEMO_KEY, value: delivered }])
  return delivered
}

/** A process makes the history and this one ingests it, so that both cores work. */
async function ingestHistory({ platform }: Host, input: HistoryInput, report: (done: number) => void): Promise<void> {
  // Settling after each message would read the same hours again and again: it runs once, after all messages.
  const handler = ingest({ ...platform, fanOut: { send: async () => undefined } })
  const maker = startHelper(new URL('./demo-history.ts', import.meta.url), { args: [JSON.stringify(input)] })
  try {
    const batches = receiver(maker)
    let done = 0
    for (let batch = await batches(); batch.length > 0; batch = await batches()) {
      const receivedMs = platform.now()
      const messages = batch.map(({ gateway, payload }, id) => ({ id: String(id), gateway, payload, receivedMs }))
      const { stored, rejected, failed } = await handler({ messages })
      if (rejected > 0 || failed.length > 0)
        throw new Error(`${rejected + failed.length} readings of the demo were refused`)
      done += stored
      report(done)
    }
  } finally {
    await endHelper(maker)
  }
}

/** Asks the maker for batches, one ahead of the one in hand. An empty batch is the end. */
function receiver(maker: ChildProcess): () => Promise<HistoryMessage[]> {
  const broken = new Promise<never>((_, reject) =>
    maker.once('exit', () => reject(new Error("the process that makes the demo's history has ended"))),
  )
  broken.catch(() => undefined) // it ends in the end
  const next = (): Promise<HistoryMessage[]> => {
    const answer = new Promise<HistoryBatch>((resolve) => maker.once('message', resolve))
    void tell(maker, { next: true } satisfies BatchAsked)
    return answer.then(({ batch }) => batch)
  }
  let ahead = next()
  return async () => {
    const batch = await Promise.race([ahead, broken])
    if (batch.length > 0) ahead = next()
    return batch
  }
}

/** Shards settled together: they share each read of the readings; progress is reported in between. */
const SHARDS_AT_ONCE = 16

/** Settles and judges every shard now, with progress. */
async function settleAll({ platform, handlers }: Host, report: Report): Promise<void> {
  const shards = (await platform.state.get(registryKeys.head))?.value.shards ?? []
  const done = ({ failed }: ShardResult, stage: string): void => {
    const [first] = failed
    if (first) throw new Error(`${stage} ${first.shard}: ${first.reason}`)
  }
  for (const stage of ['settle', 'assess'] as const) {
    for (let first = 0; first < shards.length; first += SHARDS_AT_ONCE) {
      report(stage, first, shards.length)
      done(await handlers[stage]({ shards: shards.slice(first, first + SHARDS_AT_ONCE) }), stage)
    }
  }
  done(await handlers.rollup({ shards: [] }), 'rollup')
}

/**
 * Starts the demo's gateways in another process, which ends with this one. They first send what they missed meanwhile.
 */
export async function startDemoGateways(
  host: Host,
  data: string,
  demo: Demo,
  intervalSeconds: number,
): Promise<ChildProcess> {
  const secrets = JSON.parse(readFileSync(join(data, SECRETS_FILE), 'utf8')) as { id: string; secret: string }[]
  const { state } = host.platform
  const settled = await state.query(settledKey(''))
  const extents = new Map(settled.flatMap(({ value }) => [...extentsOf(value)]))
  const { registry } = demoProvince(demo)
  const lastOf = (gateway: string): number =>
    Math.max(
      demo.deliveredMs ?? demo.startMs,
      ...registry.meters.filter((meter) => meter.gateway === gateway).map(({ id }) => extents.get(id)?.[1] ?? 0),
    )
  const input: DemoGatewaysInput = {
    seed: demo.seed,
    startMs: demo.startMs,
    url: host.mqttUrl,
    folder: join(data, 'demo-outbox'),
    intervalSeconds,
    gateways: secrets.map(({ id, secret }) => ({ id, password: secret, sinceMs: lastOf(id) })),
  }
  const script = join(import.meta.dirname, '..', '..', 'devices', 'demo', 'gateways.ts')
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.send(input)
  return child
}

/** Stores the progress where the page can read it. */
export function progressDoc({ platform: { state } }: Host): { report: Report; done(): Promise<void> } {
  let shownMs = 0
  return {
    report(stage, done, total) {
      if (performance.now() - shownMs < 500) return
      shownMs = performance.now()
      void state.put([{ key: PROGRESS_KEY, value: { stage, done: Math.round(done), total: Math.round(total) } }])
    },
    done: () => state.delete([PROGRESS_KEY]),
  }
}
