// Use a day from the rows of a meter file: amounts a day as they stand, amounts a shorter interval added up by the
// calendar date that is written, filled where few are missing (CalTRACK 2.2.2.1, docs/rules/savings.md#days).

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { type DayCut, type DayValues, dayValues, localDays, UTC_DAYS } from './day-values.ts'
import { type Stamp, writtenDay } from './stamp.ts'

/** An amount from `stamp` on, until the next row; NaN = not known. */
export interface UseRow {
  stamp: Stamp
  amount: number
}

/** Rows that are shorter are intervals of a day; longer ones are no days. */
const DAY_STEP_MS_MIN = 12 * HOUR_MS
const DAY_STEP_MS_MAX = 36 * HOUR_MS
/** A row nearer to the one before than this part of the usual distance overlaps it; a spring day has 23 hours. */
const OVERLAP_SHARE = 0.9
/** CalTRACK 2.2.2.1: at most half of the intervals of a day may be missing. */
export const MISSING_SHARE_MAX = 0.5

export interface UseDays {
  days: DayValues
  /** Usual distance of two rows. */
  stepMs: number
  /** When the days begin: by the offsets of the rows, or by the clock as written when they have none. */
  cut: DayCut
  /** Rows that repeat an earlier one word for word. */
  repeatedRows: number
  /** Values of 0 that count as missing. */
  zeroValues: number
}

/** What a file cannot be read for: index of the row, and why. */
export interface BadUseRow {
  index: number
  detail: string
}

/** All of China uses some 3e10 kWh a day: a larger amount of one meter is a slip, and squares of it overflow. */
const AMOUNT_MAX = 1e12
/** So many amounts in a row fall at least once, by night, by weekend or by weather. */
const RISING_ROWS_MIN = 60

/** An amount that no meter has, or amounts that are readings of a register; undefined: neither. */
export function implausibleUse(rows: readonly UseRow[]): BadUseRow | undefined {
  const index = rows.findIndex(({ amount }) => Math.abs(amount) > AMOUNT_MAX)
  if (index >= 0) return { index, detail: `is no amount of a meter: more than ${AMOUNT_MAX} in one period` }
  const known = rows.flatMap((row, at) => (Number.isNaN(row.amount) ? [] : [{ ...row, at }]))
  known.sort((a, b) => a.stamp.atMs - b.stamp.atMs)
  const [first, last] = [known[0], known.at(-1)]
  if (!first || !last || known.length < RISING_ROWS_MIN || last.amount <= first.amount) return undefined
  if (known.some(({ amount }, i) => amount < (known[i - 1]?.amount ?? amount))) return undefined
  const detail = `and no value of ${known.length} is below the one before: these are readings of a register; write the amount of each period`
  return { index: last.at, detail }
}

/**
 * Days of a meter file. `zeroIsMissing`: CalTRACK 2.2.1.4 says so of electricity. Returns the row that cannot be: two
 * amounts for one time, periods that overlap, or rows that are no days.
 */
export function daysOfUse(rows: readonly UseRow[], { zeroIsMissing }: { zeroIsMissing: boolean }): UseDays | BadUseRow {
  const order = rows.map((_, index) => index).sort((a, b) => atMs(rows, a) - atMs(rows, b) || a - b)
  const kept: number[] = []
  let repeatedRows = 0
  for (const index of order) {
    const before = kept.at(-1)
    if (before !== undefined && atMs(rows, before) === atMs(rows, index)) {
      if (!Object.is(must(rows[before]).amount, must(rows[index]).amount))
        return { index, detail: 'this time stands twice, with different amounts' }
      repeatedRows += 1
    } else kept.push(index)
  }
  const stepMs = usualStep(kept.map((index) => atMs(rows, index)))
  const overlap = kept.findIndex(
    (index, i) => i > 0 && atMs(rows, index) - atMs(rows, must(kept[i - 1])) < OVERLAP_SHARE * stepMs,
  )
  if (overlap > 0) return { index: must(kept[overlap]), detail: 'this period overlaps the one before' }
  if (stepMs > DAY_STEP_MS_MAX)
    return { index: must(kept[1]), detail: 'rows are more than a day apart; a day or an hour a row is needed' }
  const series = kept.map((index) => must(rows[index]))
  const cut = cutOf(series.map(({ stamp }) => stamp))
  let zeroValues = 0
  const amounts = series.map(({ stamp, amount }) => {
    const isZero = zeroIsMissing && amount === 0
    if (isZero) zeroValues += 1
    return { stamp, amount: isZero ? Number.NaN : amount }
  })
  const days = stepMs >= DAY_STEP_MS_MIN ? dailyAmounts(amounts) : summedAmounts(amounts, { stepMs, cut })
  return { days, stepMs, cut, repeatedRows, zeroValues }
}

const atMs = (rows: readonly UseRow[], index: number): number => must(rows[index]).stamp.atMs

/** A distance that fewer neighbours have is a gap, or an overlap. */
const USUAL_SHARE_MIN = 0.3

/**
 * The shortest distance of neighbours that is usual, to the minute; gaps do not change it. A day when there are none.
 */
export function usualStep(sortedMs: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const [i, ms] of sortedMs.entries()) {
    const step = Math.round((ms - (sortedMs[i - 1] ?? ms)) / MINUTE_MS) * MINUTE_MS
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const usual = [...counts].filter(([, count]) => count >= USUAL_SHARE_MIN * (sortedMs.length - 1))
  const frequent = [...counts].sort(([, m], [, n]) => n - m).slice(0, 1)
  const steps = (usual.length > 0 ? usual : frequent).map(([step]) => step)
  return steps.length > 0 ? Math.min(...steps) : DAY_MS
}

const dailyAmounts = (rows: readonly UseRow[]): DayValues =>
  dayValues(new Map(rows.map(({ stamp, amount }) => [writtenDay(stamp), amount])))

function summedAmounts(rows: readonly UseRow[], { stepMs, cut }: { stepMs: number; cut: DayCut }): DayValues {
  const sums = new Map<number, { sum: number; known: number }>()
  for (const { stamp, amount } of rows) {
    const day = writtenDay(stamp)
    const entry = sums.get(day) ?? { sum: 0, known: 0 }
    sums.set(day, entry)
    if (Number.isNaN(amount)) continue
    entry.sum += amount
    entry.known += 1
  }
  return dayValues(
    new Map(
      [...sums].map(([day, { sum, known }]) => {
        const expected = Math.round((cut.startMs(day + 1) - cut.startMs(day)) / stepMs)
        if (known >= expected) return [day, sum]
        return [day, known < (1 - MISSING_SHARE_MAX) * expected ? Number.NaN : (sum / known) * expected]
      }),
    ),
  )
}

/** By the offset of the first row of each date. */
function cutOf(stamps: readonly Stamp[]): DayCut {
  if (!stamps.every(({ hasOffset }) => hasOffset)) return UTC_DAYS
  const offsets = new Map<number, number>()
  for (const stamp of stamps) {
    const day = writtenDay(stamp)
    if (!offsets.has(day)) offsets.set(day, (stamp.writtenMs - stamp.atMs) / MINUTE_MS)
  }
  return localDays(offsets)
}
