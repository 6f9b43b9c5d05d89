// What the outbox promises: order, sequence across restarts, and its bounds by either policy.

import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Outbox, type OutboxEntry, OutboxFull, type OutboxOptions } from '../../devices/outbox.ts'
import { temporaryFolder } from './broker.ts'

const entry = (seq: number, bytes = 10, readings = 1): OutboxEntry => ({
  seq,
  readings,
  payload: Buffer.alloc(bytes, 65),
})
const entries = (first: number, last: number, bytes?: number): OutboxEntry[] =>
  Array.from({ length: last - first + 1 }, (_, index) => entry(first + index, bytes))
const seqs = (outbox: Outbox): number[] => outbox.peek(0, 1_000).map(({ seq }) => seq)
const range = (first: number, last: number): number[] => entries(first, last).map(({ seq }) => seq)

function open(options: Partial<OutboxOptions> = {}): Outbox {
  const outbox = new Outbox({ file: join(temporaryFolder(), 'g.outbox'), ...options })
  onTestFinished(() => {
    try {
      outbox.close()
    } catch {
      // The test has closed it.
    }
  })
  return outbox
}

describe('outbox', () => {
  it('gives back what was put in, oldest first, in windows', () => {
    const outbox = open()
    outbox.append([entry(1), { seq: 2, readings: 3, payload: Buffer.from('{"héat":1}') }])
    outbox.append([entry(3)])
    expect(outbox.peek(0, 2).map(({ seq, readings }) => [seq, readings])).toEqual([
      [1, 1],
      [2, 3],
    ])
    expect(Buffer.from(outbox.peek(1, 1)[0].payload).toString()).toBe('{"héat":1}')
    expect(seqs(outbox)).toEqual([1, 2, 3])
    expect(outbox.figures).toMatchObject({ entries: 3, readings: 5, bytes: 31 })
  })

  it('forgets exactly what is acknowledged, in any order, and ignores what it does not hold', () => {
    const outbox = open()
    outbox.append(entries(1, 5))
    outbox.acknowledge([4, 2, 2, 99])
    expect(seqs(outbox)).toEqual([1, 3, 5])
    expect(outbox.figures).toMatchObject({ entries: 3, readings: 3, bytes: 30 })
  })

  it('goes on with its sequence after a restart, even when it was emptied', () => {
    const file = join(temporaryFolder(), 'g.outbox')
    const first = open({ file })
    first.append(entries(1, 7))
    first.acknowledge(range(1, 7))
    first.close()
    const second = open({ file })
    expect(second.nextSeq).toBe(8)
    expect(second.figures.entries).toBe(0)
  })

  it('refuses a message out of sequence and keeps nothing of its batch', () => {
    const outbox = open()
    expect(() => outbox.append([entry(1), entry(3)])).toThrow(RangeError)
    expect(seqs(outbox)).toEqual([])
    expect(outbox.nextSeq).toBe(1)
  })

  it('drops the oldest when full, counts them, and still knows the count after a restart', () => {
    const file = join(temporaryFolder(), 'g.outbox')
    const first = open({ file, entriesMax: 4 })
    first.append(entries(1, 4))
    first.append([entry(5, 10, 2), entry(6)])
    expect(seqs(first)).toEqual([3, 4, 5, 6])
    expect(first.figures).toMatchObject({ entries: 4, readings: 5, droppedEntries: 2, droppedReadings: 2 })
    const { figures } = first
    first.close()
    expect(open({ file, entriesMax: 4 }).figures).toEqual(figures)
  })

  it('drops by bytes too', () => {
    const outbox = open({ bytesMax: 128 * 1024 })
    outbox.append(entries(1, 4, 32 * 1024))
    outbox.append([entry(5, 33 * 1024)])
    expect(seqs(outbox)).toEqual([3, 4, 5])
    expect(outbox.figures.bytes).toBe(97 * 1024)
  })

  it('spares messages on the wire while there are others to drop', () => {
    const outbox = open({ entriesMax: 4 })
    outbox.append(entries(1, 4))
    outbox.hold(2)
    outbox.append([entry(5)])
    expect(seqs(outbox)).toEqual([1, 2, 4, 5])
    outbox.append(entries(6, 8))
    expect(seqs(outbox)).toEqual([2, 6, 7, 8])
  })

  it('with `refuse` throws when full, keeps nothing of the batch, and takes it once there is room', () => {
    const outbox = open({ entriesMax: 4, overflow: 'refuse' })
    outbox.append(entries(1, 3))
    expect(() => outbox.append(entries(4, 5))).toThrow(OutboxFull)
    expect(outbox.figures).toMatchObject({ entries: 3, droppedEntries: 0 })
    outbox.acknowledge([1])
    outbox.append(entries(4, 5))
    expect(seqs(outbox)).toEqual([2, 3, 4, 5])
  })

  it('can be open only once', () => {
    const file = join(temporaryFolder(), 'g.outbox')
    open({ file })
    expect(() => open({ file })).toThrow(/cannot use the outbox .*locked/)
  })
})
