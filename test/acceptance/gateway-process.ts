// A gateway in a process of its own, killed by `kill.test.ts`: sends the readings of a file from a given one on, and
// says on stdout how many its outbox has taken. The pipe is written synchronously, so that what is said was done.

import { readFileSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { startGateway } from '../../devices/gateway.ts'
import type { Reading } from '../../devices/source.ts'

const READINGS_PER_BLOCK = 40
/** A block comes when a meter gives it; without a pause all would be read before the first connection stands. */
const BLOCK_MS = 2

const { url, id, password, file, outbox, from, limits } = JSON.parse(process.argv[2])
const series: Reading[] = JSON.parse(readFileSync(file, 'utf8'))

const gateway = startGateway({
  ...{ url, id, password, limits },
  readingsPerMessage: 10,
  outbox: { file: outbox },
  source: {
    async *readings() {
      for (let first = from; first < series.length; first += READINGS_PER_BLOCK) {
        yield series.slice(first, first + READINGS_PER_BLOCK)
        await pause(BLOCK_MS)
      }
    },
  },
  onProgress: ({ offered, outbox: { readings: waiting } }) =>
    writeSync(1, `${JSON.stringify({ offered: from + offered, waiting })}\n`),
})
await gateway.drained()
await gateway.stop()
