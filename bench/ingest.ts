// Durable readings a second over real MQTT QoS 1: a host as users start it, a publisher beside it on the same machine,
// and the bare broker in turn with it. The host is killed at the end: what it acknowledged has to be on disk.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '../domain/must.ts'
import { openPlatform } from '../local/platform.ts'
import { type FleetGateway, registerFleet, STEP_MS } from './fleet.ts'
import { ask, cpuSeconds, killed, nextMessage, serviceAddress, started, startedService } from './process.ts'
import type { Delivered, Round } from './publisher.ts'
import { type BenchRow, median } from './table.ts'

interface Load {
  readingsPerMessage: number
  /** Of all gateways in one round, at full size: three to eight seconds' work. */
  messages: number
  /** Per connection, without PUBACK. Enough to keep the broker busy; more would only wait longer. */
  window: number
  bar: { readingsPerSecond: number; ratio: number }
}
const LOADS: readonly Load[] = [
  { readingsPerMessage: 50, messages: 48_000, window: 64, bar: { readingsPerSecond: 400_000, ratio: 0.3 } },
  { readingsPerMessage: 1, messages: 160_000, window: 512, bar: { readingsPerSecond: 25_000, ratio: 0.4 } },
]
const GATEWAYS = 16
const METERS_PER_GATEWAY = 50
/** After one round to warm up. */
const ROUNDS = 3

export async function benchIngest(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const load of LOADS) rows.push(await measure(load, Math.ceil((load.messages * scale) / GATEWAYS), say))
  return rows
}

async function measure(load: Load, messagesPerGateway: number, say: (line: string) => void): Promise<BenchRow> {
  const what = `ingest, ${load.readingsPerMessage} a message`
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const children: ChildProcess[] = []
  try {
    const gateways = await registered(folder)
    const stepsPerRound = Math.ceil((messagesPerGateway * load.readingsPerMessage) / METERS_PER_GATEWAY)
    const startMs = Math.floor(Date.now() / STEP_MS - stepsPerRound * (ROUNDS + 2)) * STEP_MS
    const bare = started(new URL('./bare-broker.ts', import.meta.url))
    children.push(bare)
    const barePort = (await nextMessage<{ port: number }>(bare)).port
    const host = startedService(folder)
    children.push(host)
    const hostPort = Number(new URL((await serviceAddress(host, folder)).mqttUrl).port)
    const publisher = started(new URL('./publisher.ts', import.meta.url))
    children.push(publisher)

    const deliver = async (port: number): Promise<Delivered> =>
      (await ask<{ delivered: Delivered }>(publisher, { deliver: { port, window: load.window } })).delivered
    const theirs: Delivered[] = []
    const ours: (Delivered & { cpu: number })[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const prepare: Round = {
        gateways,
        readingsPerMessage: load.readingsPerMessage,
        messagesPerGateway,
        startMs,
        stepsBefore: round * stepsPerRound,
      }
      await ask(publisher, { prepare })
      // The host has settling to do after a round; it must not do so at the expense of the reference.
      host.kill('SIGSTOP')
      theirs.push(await deliver(barePort))
      host.kill('SIGCONT')
      const cpuBefore = cpuSeconds(host.pid) ?? Number.NaN
      const delivered = await deliver(hostPort)
      ours.push({ ...delivered, cpu: (cpuSeconds(host.pid) ?? Number.NaN) - cpuBefore })
      say(
        `${what}, round ${round}: ${Math.round(rate(delivered))}/s, bare broker ${Math.round(rate(must(theirs[round])))}/s`,
      )
    }
    await killed(host)
    const acknowledged = ours.reduce((sum, { readings }) => sum + readings, 0)
    const { stored, bytes } = await standing(folder, gateways)
    if (stored !== acknowledged) throw new Error(`${what}: ${acknowledged} were acknowledged, ${stored} are stored`)

    const measured = ours.slice(1)
    const own = median(measured.map(rate))
    const reference = median(theirs.slice(1).map(rate))
    const cpu = median(measured.map((one) => (one.cpu / one.readings) * 1e6))
    return {
      what,
      readingsPerSecond: own,
      reference: { what: 'bare aedes, same publisher', readingsPerSecond: reference },
      ratio: own / reference,
      bar: load.bar,
      rounds: measured.map(rate),
      cpuMicrosPerReading: Number.isNaN(cpu) ? null : cpu,
      more: {
        'messages/s': own / load.readingsPerMessage,
        'PUBACK p50 ms': median(measured.map(({ p50Ms }) => p50Ms)),
        'PUBACK p99 ms': median(measured.map(({ p99Ms }) => p99Ms)),
        'reference PUBACK p50 ms': median(theirs.slice(1).map(({ p50Ms }) => p50Ms)),
        lost: acknowledged - stored,
        'bytes/reading': bytes / stored,
      },
    }
  } finally {
    for (const child of children) await killed(child)
    rmSync(folder, { recursive: true, force: true })
  }
}

const rate = ({ readings, seconds }: Delivered): number => readings / seconds

async function registered(folder: string): Promise<FleetGateway[]> {
  const platform = await openPlatform(folder)
  try {
    return await registerFleet(platform, {
      counties: 4,
      institutionsPerCounty: GATEWAYS / 4,
      metersPerInstitution: METERS_PER_GATEWAY,
      intervalMinutes: STEP_MS / 60_000,
    })
  } finally {
    await platform.close()
  }
}

/** What a killed host left on disk: distinct readings, and the size of their file once the log is folded in. */
async function standing(folder: string, gateways: readonly FleetGateway[]): Promise<{ stored: number; bytes: number }> {
  const platform = await openPlatform(folder)
  const stored = await platform.readings.count(gateways.flatMap(({ meters }) => meters))
  await platform.close()
  return { stored, bytes: statSync(join(folder, 'readings.duckdb')).size }
}
