// What a handler costs in AWS: the size of its bundle, how long a fresh process takes to import it, and the processor
// time of `ingest` for a message. Bundled as the stack bundles it (infra/bundle.ts); a bundle with anything of one
// machine in it, or without the platform on AWS, fails the bench.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { must } from '../domain/must.ts'
import { bundleEntries, bundleOptions } from '../infra/bundle.ts'
import type { CloudIngestReport } from './cloud-ingest.ts'
import { STORES, type Store, startServices } from './cloud-services.ts'
import { type BenchRow, type CostRow, median } from './table.ts'

/** Fresh processes that import a bundle at full size; the middle one counts. */
const IMPORTS = 5
const BARS = { bytes: 1.5 * 1024 * 1024, importMillis: 300, ingestCpuMillis: 1.5 }
/** The least that a function with a table imports. */
const CLIENT = "export { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'"
const CLIENT_NAME = "the SDK's DynamoDB client, bundled alike"
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

export async function benchCloud(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-cloud-'))
  try {
    const rows: BenchRow[] = []
    const client = join(folder, 'client.mjs')
    await bundled({ stdin: { contents: CLIENT, resolveDir: root } }, client)
    for (const { name, entry } of bundleEntries) {
      const file = join(folder, `${name}.mjs`)
      const inputs = await bundled({ entryPoints: [entry] }, file)
      checkInputs(name, inputs)
      const size = cost(`${name} bundle, MB`, megabytes(statSync(file).size), megabytes(BARS.bytes), {
        what: CLIENT_NAME,
        value: megabytes(statSync(client).size),
      })
      const map = { 'MB of the source map beside it': megabytes(statSync(`${file}.map`).size) }
      rows.push({ ...size, more: { 'MB of domain, functions and cloud': megabytes(ownBytes(inputs)), ...map } })
      rows.push(await importRow(name, { file, client, rounds: Math.ceil(IMPORTS * scale) }))
      say(`${name}: ${size.value.toFixed(2)} MB`)
    }
    for (const store of STORES) rows.push(await ingestRow(join(folder, 'ingest.mjs'), scale, store))
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const megabytes = (bytes: number): number => bytes / 1024 / 1024

type Inputs = Record<string, { bytesInOutput: number }>

/** Path → bytes of what went into the bundle, as esbuild tells. */
async function bundled(entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>, outfile: string): Promise<Inputs> {
  const { metafile } = await build({
    ...bundleOptions,
    mainFields: [...bundleOptions.mainFields],
    absWorkingDir: root,
    ...entry,
    outfile,
    metafile: true,
    logLevel: 'warning',
  })
  const output = Object.entries(metafile.outputs).find(([path]) => !path.endsWith('.map'))
  return must(output)[1].inputs
}

function checkInputs(name: string, inputs: Inputs): void {
  const paths = Object.keys(inputs)
  const local = paths.filter((path) => path.startsWith('local/'))
  if (local.length > 0) throw new Error(`the bundle of ${name} contains ${local.join(', ')}`)
  if (!paths.includes('cloud/platform.ts')) throw new Error(`the bundle of ${name} is without the platform on AWS`)
}

const ownBytes = (inputs: Inputs): number =>
  Object.entries(inputs)
    .filter(([path]) => /^(domain|functions|cloud)\//.test(path))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)

/** What a fresh process needs from before the import to after it; beside it the client alone, in turn. */
async function importRow(
  name: string,
  { file, client, rounds }: { file: string; client: string; rounds: number },
): Promise<CostRow> {
  const [ours, theirs]: [Import[], Import[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    theirs.push(await importOf(client))
    ours.push(await importOf(file))
  }
  const row = cost(`${name} cold import, ms`, median(ours.map(({ millis }) => millis)), BARS.importMillis, {
    what: CLIENT_NAME,
    value: median(theirs.map(({ millis }) => millis)),
  })
  // Not disturbed by busy neighbours.
  return { ...row, more: { 'CPU ms': median(ours.map(({ cpuMillis }) => cpuMillis)) } }
}

interface Import {
  millis: number
  cpuMillis: number
}

async function importOf(file: string): Promise<Import> {
  const code = `
    const [cpu, startMs] = [process.cpuUsage(), performance.now()]
    await import(${JSON.stringify(file)})
    const { user, system } = process.cpuUsage(cpu)
    console.log(JSON.stringify({ millis: performance.now() - startMs, cpuMillis: (user + system) / 1000 }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code])
  return JSON.parse(stdout) as Import
}

/** The bundle itself, in a process of its own, against services over sockets that answer at once. */
async function ingestRow(file: string, scale: number, store: Store): Promise<CostRow> {
  const services = await startServices()
  try {
    const { stdout } = await run(
      process.execPath,
      [join(root, 'bench', 'cloud-ingest.ts'), file, String(Math.max(40, Math.round(2_000 * scale)))],
      { env: { ...process.env, ...services.environment(store) } },
    )
    // The bundle prints its metrics, a line each; the report comes last.
    const report = must(stdout.trimEnd().split('\n').at(-1))
    const { cpuMillis, referenceMillis, messages } = JSON.parse(report) as CloudIngestReport
    const row = cost(`ingest into ${store}, CPU ms per message of 50`, cpuMillis, BARS.ingestCpuMillis, {
      what: 'JSON.parse of the same events, messages and readings',
      value: referenceMillis,
    })
    return { ...row, more: { messages } }
  } finally {
    await services.close()
  }
}

const cost = (what: string, value: number, bar: number, reference: CostRow['reference']): CostRow => ({
  what,
  value,
  bar,
  reference,
  ratio: value / reference.value,
  more: {},
})
