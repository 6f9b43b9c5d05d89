// Times as files of meters and weather write them: with an offset, or without one (docs/rules/savings.md#days).

import { DAY_MS } from '../calendar.ts'
import { parseInstant } from '../instant.ts'

export interface Stamp {
  /** The instant; that of UTC when no offset is written. */
  atMs: number
  /** The clock as written, as if it were UTC. */
  writtenMs: number
  hasOffset: boolean
}

const STAMP = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/

/** Reads `YYYY-MM-DD`, with `[T ]HH:MM[:SS]` and `Z` or `±HH[:]MM` where they are written; undefined for other text. */
export function parseStamp(text: string): Stamp | undefined {
  const [match, date, minutes = '00:00', seconds = '00', zone] = STAMP.exec(text.trim()) ?? []
  if (match === undefined) return undefined
  const writtenMs = parseInstant(`${date}T${minutes}:${seconds}Z`)
  const atMs = parseInstant(`${date}T${minutes}:${seconds}${zoneOf(zone)}`)
  if (writtenMs === undefined || atMs === undefined) return undefined
  return { atMs, writtenMs, hasOffset: zone !== undefined }
}

/** As RFC 3339 writes it: +0800 and +08 are +08:00. */
const zoneOf = (zone = 'Z'): string =>
  zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.length > 3 ? zone.slice(-2) : '00'}`

/** The calendar date as written, in days since 1970-01-01. */
export const writtenDay = ({ writtenMs }: Stamp): number => Math.floor(writtenMs / DAY_MS)
