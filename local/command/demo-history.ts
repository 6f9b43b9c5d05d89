// The process that makes the demo's history, batch by batch on request, while the host stores it.

import { contractHistory } from '../../devices/demo/contract-history.ts'
import { demoProvince } from '../../devices/demo/province.ts'
import { type HistoryMessage, type HistoryWindow, Simulator } from '../../devices/demo/simulator.ts'
import { must } from '../../domain/must.ts'
import { helpHost } from '../helper-process.ts'

export interface BatchAsked {
  next: true
}

export interface HistoryInput {
  seed: string
  startMs: number
  window: HistoryWindow
}
/** Empty at the end. */
export interface HistoryBatch {
  batch: HistoryMessage[]
}

/** Readings in a batch: enough that a commit pays, few enough to hold two batches in memory. */
const READINGS_PER_BATCH = 60_000

const { seed, startMs, window } = JSON.parse(must(process.argv[2])) as HistoryInput
const demo = demoProvince({ seed, startMs })
const messages = allMessages()

function* allMessages(): Generator<HistoryMessage> {
  yield* contractHistory(demo)
  yield* new Simulator(demo).history(window)
}

const answer = helpHost<BatchAsked, HistoryBatch>(() => {
  const batch: HistoryMessage[] = []
  for (let readings = 0; readings < READINGS_PER_BATCH; ) {
    const { value, done } = messages.next()
    if (done) break
    batch.push(value)
    readings += value.readings
  }
  answer({ batch })
})
