// Makes the parts of a large report in threads: a province has 170 counties, and each core takes its own. The threads
// live as long as one report.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { must } from '../domain/must.ts'
import type { ReportParts, ShardPart } from '../functions/reporting/shard-part.ts'
import type { FromReportWorker, ReportWorkerInput, ToReportWorker } from './report-worker.ts'

/** A thread takes a second to start: a few counties are made sooner without. */
const SHARDS_MIN = 8
const THREADS_MAX = 4
/** A county's part takes some 50 MB; with more room V8 would leave garbage lying. */
const HEAP_MB_MAX = 512
const YOUNG_MB_MAX = 32

/** `here`: makes the parts of a small report. */
export const partsInThreads = (stateFile: string, here: ReportParts): ReportParts =>
  async function* (asked) {
    if (asked.length < SHARDS_MIN) {
      yield* here(asked)
      return
    }
    const made = asked.map(() => Promise.withResolvers<Uint8Array>())
    // A failure is thrown when its part is asked for.
    for (const { promise } of made) promise.catch(() => {})
    let next = 0
    const workers = Array.from({ length: Math.min(THREADS_MAX, availableParallelism()) }, () => {
      const worker = new Worker(new URL('./report-worker.ts', import.meta.url), {
        workerData: stateFile satisfies ReportWorkerInput,
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: YOUNG_MB_MAX },
      })
      const giveNext = (): void => {
        const place = next++
        const one = asked[place]
        if (one) worker.postMessage({ place, asked: one } satisfies ToReportWorker)
      }
      worker.on('message', (message: FromReportWorker) => {
        const part = must(made[message.place])
        if ('error' in message) part.reject(new Error(message.error))
        else part.resolve(message.bytes)
        giveNext()
      })
      worker.on('error', (error) => {
        for (const { reject } of made) reject(error)
      })
      giveNext()
      return worker
    })
    try {
      for (const { promise } of made) yield JSON.parse(Buffer.from(await promise).toString()) as ShardPart
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
  }
