// From publishing to the API's hour: all meters of a province send one reading in one burst, and sampled meters are asked
// for over HTTP until their hour stands. Times count from the start of the burst, so they include waiting one's turn in it.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOUR_MS } from '../domain/calendar.ts'
import { runningHost } from '../local/host.ts'
import { openPlatform } from '../local/platform.ts'
import { type FleetGateway, registerFleet } from './fleet.ts'
import { ask, cpuSeconds, killed, started } from './process.ts'
import { type Delivered, type Round, STEP_MS } from './publisher.ts'
import { type BenchRow, median } from './table.ts'

const METERS = 200_000
const COUNTIES = 167
const METERS_PER_GATEWAY = 500
const SAMPLES = 100
const ROUNDS = 3
const BAR_SECONDS = 1
const WAIT_MS_MAX = 120_000
/** Between two sweeps over the samples that are not there yet: what the asking adds to the times. */
const SWEEP_MS = 20

export async function benchLatency(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const children: ChildProcess[] = []
  try {
    const counties = Math.max(1, Math.round(COUNTIES * Math.min(1, scale * 2)))
    const perCounty = Math.max(1, Math.round((METERS * scale) / counties / METERS_PER_GATEWAY))
    const gateways = await registered(folder, counties, perCounty)
    const meters = gateways.length * METERS_PER_GATEWAY
    const host = started(new URL('../local/cli.ts', import.meta.url), [
      ...['start', '--no-demo', '--no-web', '--port', '0', '--mqtt-port', '0', '--data', folder],
    ])
    children.push(host)
    const { httpUrl, mqttUrl } = await addressOf(host, folder)
    const publisher = started(new URL('./publisher.ts', import.meta.url))
    children.push(publisher)
    const startMs = Math.floor(Date.now() / HOUR_MS - ROUNDS - 2) * HOUR_MS
    const sampled = Array.from({ length: Math.min(SAMPLES, meters) }, (_, i) => {
      const { meters: own } = gateways[Math.floor((i * gateways.length) / SAMPLES) % gateways.length]
      return own[(i * 37) % own.length]
    })
    const prepared = (hour: number): Promise<unknown> => {
      const prepare: Round = {
        gateways,
        readingsPerMessage: METERS_PER_GATEWAY,
        messagesPerGateway: 1,
        startMs,
        stepsBefore: (hour * HOUR_MS) / STEP_MS,
      }
      return ask(publisher, { prepare })
    }
    const burst = async (): Promise<Delivered> => {
      const port = Number(new URL(mqttUrl).port)
      return (await ask<{ delivered: Delivered }>(publisher, { deliver: { port, window: 1 } })).delivered
    }
    await prepared(0)
    await burst()
    await sleep(1_000)
    const p50: number[] = []
    const p99: number[] = []
    const delivered: number[] = []
    let cpu = 0
    for (let round = 1; round <= ROUNDS + 1; round++) {
      await prepared(round)
      const cpuBefore = cpuSeconds(host.pid) ?? 0
      const hourMs = startMs + (round - 1) * HOUR_MS
      const sentMs = performance.now()
      const [{ seconds }, times] = await Promise.all([burst(), shown(httpUrl, sampled, hourMs, sentMs)])
      cpu = (cpuSeconds(host.pid) ?? 0) - cpuBefore
      await sleep(1_000)
      if (round === 1) continue // warm-up: the first hours of all meters
      const sorted = times.toSorted((a, b) => a - b)
      p50.push(sorted[Math.floor(sorted.length * 0.5)])
      p99.push(sorted[Math.floor(sorted.length * 0.99)])
      delivered.push(seconds)
      say(`latency: round ${round - 1} of ${ROUNDS}: p99 ${sorted[Math.floor(sorted.length * 0.99)].toFixed(2)} s`)
    }
    const seconds = median(p99)
    return [
      {
        what: 'latency p99, burst to hour',
        seconds,
        reference: { what: 'the last acknowledgement of the burst', seconds: median(delivered) },
        ratio: seconds / median(delivered),
        bar: { seconds: BAR_SECONDS },
        rounds: p99,
        cpuSeconds: cpu,
        more: { meters, counties, samples: sampled.length, 'p50 s': median(p50) },
      },
    ]
  } finally {
    await Promise.all(children.map(killed))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function registered(folder: string, counties: number, institutionsPerCounty: number): Promise<FleetGateway[]> {
  const platform = await openPlatform(folder)
  try {
    return await registerFleet(platform, {
      counties,
      institutionsPerCounty,
      metersPerInstitution: METERS_PER_GATEWAY,
      intervalMinutes: 15,
    })
  } finally {
    await platform.close()
  }
}

async function addressOf(host: ChildProcess, folder: string) {
  for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += SWEEP_MS) {
    const address = runningHost(folder)
    if (address) return address
    if (host.exitCode !== null) throw new Error(`the host ended with code ${host.exitCode}`)
    await sleep(SWEEP_MS)
  }
  throw new Error('the host did not start')
}

/** Seconds since `sentMs` until the hour of each meter is there. */
async function shown(httpUrl: string, meters: readonly string[], hourMs: number, sentMs: number): Promise<number[]> {
  const times: number[] = []
  for (let waiting = [...meters]; waiting.length > 0; await sleep(SWEEP_MS)) {
    if (performance.now() - sentMs > WAIT_MS_MAX) throw new Error(`${waiting.length} meters show no hour`)
    const still: string[] = []
    for (const meter of waiting) {
      const url = `${httpUrl}/api/v1/meters/${meter}/series?from=${hourMs}&to=${hourMs + HOUR_MS}`
      const { points } = (await (await fetch(url)).json()) as { points: { value: number | null; flag?: string }[] }
      if (points.some(({ value, flag }) => value !== null && flag !== 'partial')) {
        times.push((performance.now() - sentMs) / 1000)
      } else still.push(meter)
    }
    waiting = still
  }
  return times
}
