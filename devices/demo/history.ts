// Worker that makes the demo's history, batch by batch on request.

import { parentPort, workerData } from 'node:worker_threads'
import { contractHistory } from './contract-history.ts'
import { demoProvince } from './province.ts'
import { type HistoryMessage, type HistoryWindow, Simulator } from './simulator.ts'

export interface HistoryInput {
  seed: string
  startMs: number
  window: HistoryWindow
}
/** Empty at the end. */
export type HistoryBatch = HistoryMessage[]

/** Readings in a batch: enough that a commit pays, few enough to hold two batches in memory. */
const READINGS_PER_BATCH = 60_000

const { seed, startMs, window } = workerData as HistoryInput
const demo = demoProvince({ seed, startMs })
const messages = allMessages()

function* allMessages(): Generator<HistoryMessage> {
  yield* contractHistory(demo)
  yield* new Simulator(demo).history(window)
}

parentPort?.on('message', () => {
  const batch: HistoryBatch = []
  for (let readings = 0; readings < READINGS_PER_BATCH; ) {
    const { value, done } = messages.next()
    if (done) break
    batch.push(value)
    readings += value.readings
  }
  parentPort?.postMessage(batch)
})
