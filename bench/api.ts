// What people wait for: the list of all institutions, a search among them and the overview of the province, asked for
// fifty times a second of a host that serves them all. The reference is the host's answer to the lightest question.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monthRange } from '../domain/calendar.ts'
import { startHost } from '../local/host.ts'
import type { ApiOrder, ApiSenderInput, ApiSenderResult } from './api-sender.ts'
import { ask, killed, started } from './process.ts'
import { PROVINCE, settledProvince } from './province.ts'
import { type CostRow, percentile } from './table.ts'

/** As in `bench -- assess`. */
const INSTITUTIONS = 31_600
const COUNTIES = 170
const BAR_MS = 100
const RATE = 50
const SECONDS = 10
const MONTH = '2026-10'
const NOW_MS = monthRange(MONTH).toMs - 1

const list = `institutions?area=${PROVINCE}&limit=50`
const KINDS: Readonly<Record<string, readonly string[]>> = {
  list: [list, `${list}&sort=energyPerArea`, `${list}&offset=15000`, `${list}&type=education&sort=waterPerCapita`],
  search: [`${list}&search=12`, `${list}&search=Institution`, `${list}&search=jg`, `${list}&search=zzzz`],
  overview: [
    ...[`areas/${PROVINCE}`, `areas/${PROVINCE}/status`, `areas/${PROVINCE}/trend`, `areas/${PROVINCE}/access`],
    ...[`alerts?area=${PROVINCE}&limit=1`, `institutions?area=${PROVINCE}&limit=1`],
  ],
}

export async function benchApi(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, now: () => NOW_MS })
  const input: ApiSenderInput = { url: host.httpUrl, token: host.adminToken }
  const sender = started(new URL('./api-sender.ts', import.meta.url), [JSON.stringify(input)])
  try {
    const size = { institutions: Math.ceil(INSTITUTIONS * scale), counties: Math.ceil(COUNTIES * scale) }
    const { meters } = await settledProvince(host.platform, size, NOW_MS, MONTH)
    await host.handlers.assess({ shards: [] })
    await host.handlers.rollup({ shards: [] })
    say(`${size.institutions} institutions with ${meters} meters are judged`)
    const seconds = Math.max(2, Math.ceil(SECONDS * Math.sqrt(scale)))
    const asked = async (paths: readonly string[]): Promise<ApiSenderResult> => {
      const order: ApiOrder = { paths, perSecond: RATE, seconds }
      const result = await ask<ApiSenderResult>(sender, order)
      if (result.failed.length > 0) throw new Error(`${result.failed.length} failed, the first ${result.failed[0]}`)
      return result
    }
    const reference = percentile((await asked(['session'])).took, 0.99)
    const rows: CostRow[] = []
    for (const [kind, paths] of Object.entries(KINDS)) {
      // What is asked for the first time is read from the disk, and does not count among the others.
      const first = percentile((await asked(paths)).took, 1)
      const { took, bytes } = await asked(paths)
      const p99 = percentile(took, 0.99)
      say(`${kind}: p50 ${percentile(took, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
      rows.push({
        what: `API, ${kind}, p99 at ${RATE} requests/s, ms`,
        value: p99,
        reference: { what: 'p99 of GET session at the same rate, ms', value: reference },
        ratio: p99 / reference,
        bar: BAR_MS,
        more: {
          ...{ 'p50 ms': percentile(took, 0.5), 'longest ms': percentile(took, 1), 'longest of the first ms': first },
          ...{ requests: took.length, 'KB an answer': bytes / took.length / 1_000, institutions: size.institutions },
          'RSS MB': process.memoryUsage().rss / 1e6,
        },
      })
    }
    return rows
  } finally {
    await killed(sender)
    await host.close()
    rmSync(data, { recursive: true, force: true })
  }
}
