// Worker that makes shards' parts of a report (local/report-threads.ts). Reads state.sqlite itself and writes nothing.

import { parentPort, workerData } from 'node:worker_threads'
import { must } from '../domain/must.ts'
import { type PartAsked, shardPart } from '../functions/reporting/shard-part.ts'
import { openReportStores } from './report-stores.ts'
import { unmap } from './sqlite.ts'

/** The path of state.sqlite. */
export type ReportWorkerInput = string
/** `place`: of the part in the report. */
export interface ToReportWorker {
  place: number
  asked: PartAsked
}
/** `bytes`: the part as JSON, which costs less to hand over than its objects. */
export type FromReportWorker = { place: number } & ({ bytes: Uint8Array } | { error: string })

const port = must(parentPort ?? undefined)
const sources = openReportStores(workerData as ReportWorkerInput)

port.on('message', async ({ place, asked }: ToReportWorker) => {
  const say = (message: FromReportWorker): void => port.postMessage(message)
  try {
    await sources.registry.refresh()
    say({ place, bytes: Buffer.from(JSON.stringify(await shardPart(asked, sources))) })
  } catch (error) {
    say({ place, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  } finally {
    unmap(sources.db)
  }
})
