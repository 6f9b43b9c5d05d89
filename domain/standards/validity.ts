// Which row of a dated table holds on a day, and whether a table's rows follow each other without overlap or gap.
// Every table of domain/standards/ and every imported quota is dated this way.

/** How sure we are of a row: read at its publisher, in a copy, computed, or only remembered (reference/facts.md). */
export type Certainty = 'official' | 'secondary' | 'derived' | 'recalled'

/** Local dates `YYYY-MM-DD`. `validTo` (失效日期) is the first day on which the row no longer holds; without it the row holds on. */
export interface Validity {
  validFrom: string
  validTo?: string
}

export const isValidOn = (row: Validity, date: string): boolean =>
  row.validFrom <= date && (row.validTo === undefined || date < row.validTo)

/**
 * Throws an Error naming `table` and the two dates when rows that stand for the same thing overlap or leave a day
 * between them without a value. `keyOf` says which rows stand for the same thing.
 */
export function checkSuccession<T extends Validity>(
  table: string,
  rows: readonly T[],
  keyOf: (row: T) => string,
): void {
  for (const [key, group] of Map.groupBy(rows, keyOf)) {
    const sorted = group.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom))
    sorted.forEach((row, index) => {
      if (row.validTo !== undefined && row.validTo <= row.validFrom) {
        throw new Error(`${table}: ${key} ends on ${row.validTo}, no later than it begins, ${row.validFrom}`)
      }
      if (index > 0) checkPair(`${table}: ${key}`, sorted[index - 1], row)
    })
  }
}

function checkPair(what: string, earlier: Validity, later: Validity): void {
  if (earlier.validTo === undefined || later.validFrom < earlier.validTo) {
    throw new Error(
      `${what}: rows overlap, ${earlier.validFrom} to ${earlier.validTo ?? 'further notice'} and from ${later.validFrom}`,
    )
  }
  if (later.validFrom > earlier.validTo) {
    throw new Error(`${what}: no row is valid from ${earlier.validTo} until ${later.validFrom}`)
  }
}
