// A process that appends readings and tidies the lake without end, for a test that kills it: says each batch that is
// stored. `node test/local/lake-process.ts FOLDER`.

import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { must } from '../../domain/must.ts'
import { openReadingStore } from '../../local/reading-store.ts'

const KILLED_METERS = 40
const store = await openReadingStore(join(must(process.argv[2]), 'readings.duckdb'))
const { rows } = store.extent()
const countiesOf = async (meters: readonly string[]) => meters.map((_, n) => `13010${n % 3}`)
const tidying = async (): Promise<void> => {
  // A pass that finds nothing waits for nothing.
  for (;;) {
    await store.tidy({ countiesOf, nowMs: Date.now(), all: true })
    await nextTurn()
  }
}
void tidying()
for (let n = rows / KILLED_METERS; ; n++) {
  const batch = Array.from({ length: KILLED_METERS }, (_, meter) => ({
    ...{ meter: `m${meter}`, atMs: Date.UTC(2026, 0, 31, 12) + n * 60_000, value: n + meter / 100 },
    quality: 'good' as const,
  }))
  await store.append(batch, n + 1)
  process.stdout.write(`${n + 1}\n`)
}
