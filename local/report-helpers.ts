// Makes the parts of a large report in processes: a province has 170 counties, and each core takes its own. They live
// as long as one report.

import { availableParallelism } from 'node:os'
import { must } from '../domain/must.ts'
import type { ReportParts, ShardPart } from '../functions/reporting/shard-part.ts'
import { endHelper, startHelper, tell } from './helper-process.ts'
import type { ReportPartAsked, ReportPartMade } from './report-helper.ts'

/** A process takes a second to start: a few counties are made sooner without. */
const SHARDS_MIN = 8
const HELPERS_MAX = 4
/** A county's part takes some 50 MB; with more room V8 would leave garbage lying. */
const HEAP_MB_MAX = 512
const SEMI_MB_MAX = 8

/** `here`: makes the parts of a small report. */
export const partsInHelpers = (stateFile: string, here: ReportParts): ReportParts =>
  async function* (asked) {
    if (asked.length < SHARDS_MIN) {
      yield* here(asked)
      return
    }
    const made = asked.map(() => Promise.withResolvers<Uint8Array>())
    // A failure is thrown when its part is asked for.
    for (const { promise } of made) promise.catch(() => {})
    let next = 0
    const helpers = Array.from({ length: Math.min(HELPERS_MAX, availableParallelism()) }, () => {
      const helper = startHelper(new URL('./report-helper.ts', import.meta.url), {
        args: [stateFile],
        execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`, `--max-semi-space-size=${SEMI_MB_MAX}`],
      })
      const giveNext = (): void => {
        const place = next++
        const one = asked[place]
        if (one) void tell(helper, { place, asked: one } satisfies ReportPartAsked)
      }
      helper.on('message', (message: ReportPartMade) => {
        const part = must(made[message.place])
        if ('error' in message) part.reject(new Error(message.error))
        else part.resolve(message.bytes)
        giveNext()
      })
      helper.once('exit', (code, signal) => {
        for (const { reject } of made) reject(new Error(`a process that makes a report ended by ${signal ?? code}`))
      })
      giveNext()
      return helper
    })
    try {
      for (const { promise } of made) yield JSON.parse(Buffer.from(await promise).toString()) as ShardPart
    } finally {
      await Promise.all(helpers.map(endHelper))
    }
  }
