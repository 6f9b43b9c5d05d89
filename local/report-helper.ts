// The process that makes shards' parts of a report (local/report-helpers.ts). Reads state.sqlite itself and writes
// nothing.

import { must } from '../domain/must.ts'
import { type PartAsked, shardPart } from '../functions/reporting/shard-part.ts'
import { helpHost } from './helper-process.ts'
import { openReportStores } from './report-stores.ts'
import { unmap } from './sqlite.ts'

/** `place`: of the part in the report. */
export interface ReportPartAsked {
  place: number
  asked: PartAsked
}
/** `bytes`: the part as JSON, which costs less to hand over than its objects. */
export type ReportPartMade = { place: number } & ({ bytes: Uint8Array } | { error: string })

const sources = openReportStores(must(process.argv[2]))

const say = helpHost<ReportPartAsked, ReportPartMade>(async ({ place, asked }) => {
  try {
    await sources.registry.refresh()
    say({ place, bytes: Buffer.from(JSON.stringify(await shardPart(asked, sources))) })
  } catch (error) {
    say({ place, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  } finally {
    unmap(sources.db)
  }
})
