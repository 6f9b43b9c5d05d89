// `npm run bench`: measures the bars of docs/rules/platform.md#performance-bars, on the machine at hand, with the
// reference measured in the same run. A measurement here reports and never fails by its speed; what it counts (nothing
// lost, totals true) must be exact.

import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { Command } from 'commander'
import { must } from '../domain/must.ts'
import { benchAge } from './age.ts'
import { benchAlerts } from './alerts.ts'
import { benchApi } from './api.ts'
import { benchAssess } from './assess.ts'
import { benchCloud } from './cloud.ts'
import { benchDecode } from './decode.ts'
import { benchFit } from './fit.ts'
import { benchForecast } from './forecast.ts'
import { benchIngest } from './ingest.ts'
import { benchLatency } from './latency.ts'
import { benchPage } from './page.ts'
import { benchReport } from './report.ts'
import { benchSettle } from './settle.ts'
import { benchSoak } from './soak.ts'
import { benchStalls } from './stalls.ts'
import { benchStrangers } from './strangers.ts'
import { type BenchRow, table } from './table.ts'

/** Part of the full size; the smallest is for a test that only wants to see the bench work. */
const SIZES = { full: 1, quick: 0.2, tiny: 0.002 } as const
type Size = keyof typeof SIZES

const benches: Record<string, (scale: number, say: (line: string) => void) => Promise<BenchRow[]>> = {
  ingest: benchIngest,
  settle: benchSettle,
  assess: benchAssess,
  latency: benchLatency,
  cloud: benchCloud,
  forecast: benchForecast,
  fit: benchFit,
  decode: benchDecode,
  alerts: benchAlerts,
  report: benchReport,
  stalls: benchStalls,
  api: benchApi,
  page: benchPage,
  strangers: benchStrangers,
  soak: benchSoak,
  age: benchAge,
}

const program = new Command('bench')
  .argument('[names...]', `which to run: ${Object.keys(benches).join(', ')}; all when none is named`)
  .option('--json [file]', 'write JSON to a file; without a file JSON takes the place of the table on stdout')
  .option('--size <size>', Object.keys(SIZES).join(', '), 'full')
  .parse()
const { json, size } = program.opts<{ json?: string | true; size: string }>()
const names = program.args.length > 0 ? program.args : Object.keys(benches)
const unknown = names.find((name) => !Object.hasOwn(benches, name))
if (unknown !== undefined) program.error(`no bench is called "${unknown}"`, { exitCode: 2 })
if (!Object.hasOwn(SIZES, size)) program.error(`no size is called "${size}"`, { exitCode: 2 })

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const rows: BenchRow[] = []
for (const name of names) rows.push(...(await must(benches[name], name)(SIZES[size as Size], say)))

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version }
const report = `${JSON.stringify({ machine, size, rows }, null, 2)}\n`
if (typeof json === 'string') writeFileSync(json, report)
process.stdout.write(
  json === true ? report : `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n${table(rows)}`,
)
