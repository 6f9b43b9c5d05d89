// Records arrived readings in order of arrival, in DynamoDB, since neither Timestream nor InfluxDB can list what
// arrived after a mark. The meters are spread over groups, and each group is a chain of items numbered without a gap:
// the writer of item n has seen n−1, so a reader that has read up to n has missed nothing, whatever the writers' clocks
// say (docs/decisions/0015).

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { StoredReading, Touched } from '../../functions/platform.ts'
import { inParallel, parted } from '../backoff.ts'
import { type ChainItem, type ChainTable, openChains, sequenceOf } from './touched-chain.ts'

/**
 * Number of groups, each one chain. Meters whose ids are equal up to the first dash or dot, e.g. their county's code,
 * are in one group.
 */
export const LEDGER_GROUPS = 64
/** Most meters in one DynamoDB item: about 200 KB of JSON before compression, well below the limit of 400 KB. */
const METERS_PER_ITEM = 4_000
const WIDTH = 16
/** Repeated reads of a chain when an item was seen before its predecessor. */
const REREADS = 3
const OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

export interface TouchedLedger {
  /** The first of `count` ranks by the clock, in µs since the epoch; each exceeds all earlier ones of this process. */
  arrivals(count: number): number
  /** Records that these readings were stored. Durable when the promise resolves. */
  add(stored: readonly StoredReading[]): Promise<void>
  /**
   * Additions after `mark`, each reported once, and the mark for the next call. `unknown`: meters that the ledger
   * cannot answer for, because there is no mark, the mark is of other meters, or the items after it have expired. For
   * those, everything in the series store counts as touched; additions in progress may be reported again.
   */
  since(meters: readonly string[], mark: string | undefined): Promise<LedgerAnswer>
}
interface LedgerAnswer {
  mark: string
  touched: Touched[]
  unknown: readonly string[]
}
export interface TouchedLedgerOptions extends ChainTable {
  /**
   * How long after a write the series store may still hide it from queries: later additions are not reported yet. 0,
   * the default, for a store that shows every acknowledged write.
   */
  visibleAfterMs?: number
}

type Extent = [meter: string, fromMs: number, toMs: number, count: number]

export function openTouchedLedger(options: TouchedLedgerOptions): TouchedLedger {
  const { now, visibleAfterMs = 0 } = options
  const chains = openChains(options)
  let lastArrival = 0

  /** All items after `from`, or undefined when the chain does not reach back to it. */
  async function read(group: string, from: number): Promise<{ last: number; items: ChainItem[] } | undefined> {
    for (let reads = 0; ; reads++) {
      const items = await chains.after(group, from - 1)
      const sequences = items.map(sequenceOf)
      const isWhole = sequences.every((sequence, n) => n === 0 || sequence === (sequences[n - 1] ?? 0) + 1)
      const reachesBack = sequences[0] === from || sequences[0] === from + 1
      if (isWhole && reachesBack) return { last: from, items: items.filter((item) => sequenceOf(item) > from) }
      if (items.length === 0) return (await chains.isUnused(group, from)) ? { last: from, items: [] } : undefined
      if (reads === REREADS) return undefined
    }
  }

  return {
    arrivals(count) {
      const first = Math.max(now() * 1_000, lastArrival + 1)
      lastArrival = first + count - 1
      return first
    },

    async add(stored) {
      const byGroup = Map.groupBy(stored, ({ meter }) => groupOf(meter))
      await inParallel([...byGroup], WIDTH, async ([group, own]) => {
        for (const part of parted(extentsOf(own), METERS_PER_ITEM))
          await chains.append(group, await compress(JSON.stringify(part), OPTIONS))
      })
    },

    async since(meters, mark) {
      const from = parseMark(mark)
      const byGroup = Map.groupBy(new Set(meters), groupOf)
      const touched = new Map<string, Touched>()
      const unknown: string[] = []
      const next: Record<string, number> = {}
      const tellableMs = visibleAfterMs > 0 ? now() - visibleAfterMs : Number.POSITIVE_INFINITY
      await inParallel([...byGroup], WIDTH, async ([group, own]) => {
        const since = from[group] === undefined ? undefined : await read(group, from[group])
        if (!since) {
          next[group] = await chains.lastBefore(group, tellableMs)
          unknown.push(...own)
          return
        }
        const wanted = new Set(own)
        next[group] = since.last
        for (const item of since.items) {
          if (Number(item.addedMs?.N) > tellableMs) break
          const extents: Extent[] = JSON.parse((await decompress(item.extents?.B ?? '')).toString())
          for (const extent of extents) if (wanted.has(extent[0])) join(touched, extent)
          next[group] = sequenceOf(item)
        }
      })
      return { mark: formatMark(next), touched: [...touched.values()], unknown }
    },
  }
}

/** The group follows from the part of the id before the first dash or dot. */
function groupOf(meter: string): string {
  const [head = ''] = meter.split(/[-.]/, 1)
  return String(createHash('sha256').update(head).digest().readUInt8(0) % LEDGER_GROUPS)
}

function extentsOf(readings: readonly StoredReading[]): Extent[] {
  const touched = new Map<string, Touched>()
  for (const { meter, atMs } of readings) join(touched, [meter, atMs, atMs, 1])
  return [...touched.values()].map(({ meter, fromMs, toMs, count }) => [meter, fromMs, toMs, count])
}

function join(touched: Map<string, Touched>, [meter, fromMs, toMs, count]: Extent): void {
  const known = touched.get(meter)
  if (known) {
    known.fromMs = Math.min(known.fromMs, fromMs)
    known.toMs = Math.max(known.toMs, toMs)
    known.count += count
  } else touched.set(meter, { meter, fromMs, toMs, count })
}

/** `3:1764316800000 17:…`: how far each group was read. Equal marks mean that nothing arrived. */
const formatMark = (read: Readonly<Record<string, number>>): string =>
  Object.entries(read)
    .map(([group, sequence]) => `${group}:${sequence}`)
    .sort()
    .join(' ')
const parseMark = (mark = ''): Record<string, number | undefined> =>
  Object.fromEntries(mark.split(' ').map((part) => [part.split(':')[0], Number(part.split(':')[1])]))
