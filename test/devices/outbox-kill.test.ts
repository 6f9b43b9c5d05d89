// Kills a process that writes an outbox, at moments nobody chose, and looks at what is left.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Outbox } from '../../devices/outbox.ts'
import { createRandom } from '../../devices/random.ts'
import { temporaryFolder } from './broker.ts'

const WRITER = fileURLToPath(new URL('outbox-writer.ts', import.meta.url))
const KILLS = 4

it('holds after SIGKILL every message whose append returned, in order, and no torn one', async () => {
  const file = join(temporaryFolder(), 'g.outbox')
  const random = createRandom('outbox-kill')
  const appended = new Set<number>()
  const maybeGone = new Set<number>()
  for (let kill = 0; kill < KILLS; kill++) {
    await writeUntilKilled(file, random.whole(5, 300), (word, first, last) => {
      for (let seq = first; seq <= last; seq++) (word === 'appended' ? appended : maybeGone).add(seq)
    })
    const outbox = new Outbox({ file })
    const kept = outbox.peek(0, 1_000_000)
    expect(outbox.nextSeq).toBeGreaterThan(Math.max(...appended))
    outbox.close()
    const seqs = kept.map(({ seq }) => seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    const keptSeqs = new Set(seqs)
    expect([...appended].filter((seq) => !keptSeqs.has(seq) && !maybeGone.has(seq))).toEqual([])
    for (const { seq, payload } of kept)
      expect(Buffer.from(payload).toString()).toMatch(new RegExp(`^payload ${seq} x*$`))
  }
  expect(appended.size).toBeGreaterThan(KILLS * 5)
}, 60_000)

/** Kills the writer while it goes on after having said `lines` lines; reads all that it said. */
async function writeUntilKilled(
  file: string,
  lines: number,
  note: (word: string, first: number, last: number) => void,
) {
  const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let said = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, last = first] = line.split(' ')
    note(word, Number(first), Number(last))
    said += 1
    if (said === lines) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  expect(signal).toBe('SIGKILL')
}
