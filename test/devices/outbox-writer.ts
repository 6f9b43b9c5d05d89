// Run as a process of its own and killed by `outbox-kill.test.ts`: appends batches for ever, acknowledges some, and
// says on stdout what has returned. The pipe is written synchronously, so that what is said was done.

import { writeSync } from 'node:fs'
import { Outbox } from '../../devices/outbox.ts'

const outbox = new Outbox({ file: process.argv[2], bytesMax: 1024 ** 3 })
for (let round = 0; ; round++) {
  const first = outbox.nextSeq
  const count = 1 + ((round * 7) % 5)
  const batch = Array.from({ length: count }, (_, index) => ({
    seq: first + index,
    readings: 1,
    payload: Buffer.from(`payload ${first + index} ${'x'.repeat((first * 37) % 3_000)}`),
  }))
  outbox.append(batch)
  writeSync(1, `appended ${first} ${first + count - 1}\n`)
  if (round % 4 === 3) {
    // Said before it is done: from here on these may be gone.
    writeSync(1, `acknowledging ${first}\n`)
    outbox.acknowledge([first])
  }
}
