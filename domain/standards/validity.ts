// Finds the row of a dated table that holds on a day, and checks that rows follow each other without overlap or gap.
// Every table of domain/standards/, shipped or imported, is dated this way.

import * as z from 'zod'

/**
 * Certainty of a row: read at its publisher, in a copy, computed, only remembered
 * (docs/rules/README.md#certainty-labels), or imported by the user of this installation, who is responsible for it.
 */
export const CERTAINTIES = ['official', 'secondary', 'derived', 'recalled', 'supplied'] as const
export type Certainty = (typeof CERTAINTIES)[number]

/** The fields of every row of every table, to be spread into its schema. */
export const datedRow = {
  /** Local dates in UTC+8; `validTo` is the first day on which the row no longer holds. */
  validFrom: z.iso.date(),
  validTo: z.iso.date().optional(),
  source: z.string().min(1),
  certainty: z.enum(CERTAINTIES).default('supplied'),
  /** True: a substitute for a value that is not known to us; any row that is not a stand-in replaces it. */
  standIn: z.boolean().optional(),
} as const

/**
 * Local dates `YYYY-MM-DD`. `validTo` (失效日期) is the first day on which the row no longer holds; without it the row
 * has no end.
 */
export interface Validity {
  validFrom: string
  validTo?: string
}

export const isValidOn = (row: Validity, date: string): boolean =>
  row.validFrom <= date && (row.validTo === undefined || date < row.validTo)

/**
 * The row that holds on a local date for the first area of `path` that has one. With `retroactive` an area's earliest
 * row also holds for days before it, but a valid row further up the path takes precedence. A row without an area is of
 * the last one.
 */
export function nearestOn<T extends Validity & { area?: string | undefined }>(
  rows: readonly T[],
  date: string,
  path: readonly string[],
  { retroactive }: { retroactive?: boolean },
): T | undefined {
  const whole = path.at(-1)
  const ofArea = path.map((area) => rows.filter((row) => (row.area ?? whole) === area))
  const find = (on: (own: readonly T[]) => T | undefined) => ofArea.map(on).find((row) => row !== undefined)
  return (
    find((own) => own.find((row) => isValidOn(row, date))) ??
    (retroactive ? find((own) => earliestAfter(own, date)) : undefined)
  )
}

/** The earliest row, when the date lies before it; else undefined. */
export function earliestAfter<T extends Validity>(rows: readonly T[], date: string): T | undefined {
  const first = rows.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom)).at(0)
  return first && date < first.validFrom ? first : undefined
}

/** A row that overlaps the previous row, begins after a gap, or ends before it begins; and the reason. */
export interface SuccessionFinding<T> {
  row: T
  reason: string
}

/** Finds rows of one key, in any order, that overlap, end before they begin, or leave days without a row. */
export function successionFindings<T extends Validity>(rows: readonly T[]): SuccessionFinding<T>[] {
  const sorted = rows.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom))
  return sorted.flatMap((row, index): SuccessionFinding<T>[] => {
    if (row.validTo !== undefined && row.validTo <= row.validFrom)
      return [{ row, reason: `ends on ${row.validTo}, no later than it begins, ${row.validFrom}` }]
    const before = sorted[index - 1]
    const reason = before && pairReason(before, row)
    return reason === undefined ? [] : [{ row, reason }]
  })
}

function pairReason(earlier: Validity, later: Validity): string | undefined {
  if (earlier.validTo === undefined || later.validFrom < earlier.validTo)
    return `rows overlap, ${earlier.validFrom} to ${earlier.validTo ?? 'further notice'} and from ${later.validFrom}`
  if (later.validFrom > earlier.validTo) return `no row is valid from ${earlier.validTo} until ${later.validFrom}`
  return undefined
}
