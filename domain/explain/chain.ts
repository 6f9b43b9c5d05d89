// Explains a number of dual control or quota: the months of its window, and in each month the amounts, the rows that
// convert them, and the meters and bills behind them. Computes the result again from these alone, level by level, so
// that a difference from the number shown is seen.

import { addMonths, type Month, monthOf, monthRange, monthsThrough } from '../calendar.ts'
import type { StandardsInForce } from '../energy/conversion.ts'
import type { MonthSource, MonthSources } from '../energy/month-source.ts'
import { cutMonth, resourceHours, type SubjectMonth } from '../energy/subject-month.ts'
import { type IndicatorRow, type IndicatorSize, type IndicatorTable, indicatorRow } from '../indicator.ts'
import { fuelLeftOut, numeratorOf, sizeOf } from '../judge/indicator-value.ts'
import { knownShareOf } from '../judge/known-share.ts'
import { weightedMean } from '../mean.ts'
import type { Carrier } from '../medium.ts'
import type { ExplainCheck, ExplainedIndicator, ExplainedMonth, ExplainTerm, ExplainView } from '../view/explain.ts'
import { termsOf } from './terms.ts'

/** The months that count as of `endMs`, each with its share: the year to date, or the 12 months that end there. */
export function explainWindow(
  table: IndicatorTable,
  indicator: ExplainedIndicator,
  endMs: number,
): { month: Month; weight: number; ms: number }[] {
  const last = monthOf(endMs - 1)
  const isTotal = indicatorRow(table, indicator)?.size === null
  const { fromMs, toMs } = monthRange(last)
  const remaining = 1 - Math.min(1, (endMs - fromMs) / (toMs - fromMs))
  const first = isTotal ? (`${last.slice(0, 4)}-01` as Month) : addMonths(last, remaining > 0 ? -12 : -11)
  return monthsThrough(first, last).map((month, index) => {
    const weight = !isTotal && remaining > 0 && index === 0 ? remaining : 1
    const range = monthRange(month)
    return { month, weight, ms: (Math.min(range.toMs, endMs) - range.fromMs) * weight }
  })
}

interface Child {
  subject: string
  months: readonly SubjectMonth[]
}
export interface ExplainMonthsInput {
  table: IndicatorTable
  indicator: ExplainedIndicator
  endMs: number
  months: readonly SubjectMonth[]
  standards: (month: Month) => StandardsInForce
  /** Area: its parts with their months; each part is then a term. */
  children?: readonly Child[] | undefined
  /** Institution: its meters and bills in a month, and its registered sizes. */
  own?:
    | {
        sources: (month: Month) => MonthSources
        size: (month: Month) => Readonly<Record<IndicatorSize, number | null>>
      }
    | undefined
}

/** Months, result, and a check of each level below the result. Throws RangeError when the table lacks the indicator. */
export function explainMonths(
  input: ExplainMonthsInput,
): Pick<ExplainView, 'months' | 'result' | 'why' | 'lowerBound' | 'checks'> {
  const { table, indicator } = input
  const row = indicatorRow(table, indicator)
  if (!row) throw new RangeError(`${table} has no indicator ${indicator}`)
  const byName = new Map(input.months.map((part) => [part.month, part]))
  const window = explainWindow(table, indicator, input.endMs)
  const present = window.flatMap((given, index) => {
    const part = byName.get(given.month)
    return part
      ? [{ ...given, weight: weightOf(part, row, { ...given, isFirst: index === 0 }, input.endMs), part }]
      : []
  })
  const known = present.some(({ part }) => resourceHours(part, row.resource).known > 0) ? present : []
  const lowerBound = known.some(({ part }) => fuelLeftOut(part, row) > 0)
  const children = input.children?.map(({ subject, months }) => ({
    subject,
    months: new Map(months.map((part) => [part.month, part])),
  }))
  const checks: ExplainCheck[] = []
  const months = known.map(({ part, month, weight, ms }): ExplainedMonth => {
    const counts = numeratorOf(part, row) !== 0 || row.size === null
    const sizes = row.size
    const terms = !counts
      ? []
      : children
        ? children.flatMap(({ subject, months: of }) => childTerm(subject, of.get(month), row))
        : withSources(termsOf(row, part, input.standards(month)), input.own?.sources(month))
    const size = sizes && sizeOf(part, sizes)
    const numerator = terms.reduce((sum, { adds }) => sum + (adds ?? 0), 0)
    const scale = terms.reduce((sum, { adds }) => sum + Math.abs(adds ?? 0), 0)
    if (counts)
      checks.push(sameNumber('month', `${month} ${row.numeratorUnit}`, [numeratorOf(part, row), numerator, scale]))
    if (counts && input.own)
      checks.push(...termChecks(month, terms, { own: input.own.sources(month), of: input.standards(month) }))
    if (sizes && size !== null) {
      const below = children
        ? sumOfKnown(children.map(({ months: of }) => sizeOfMonth(of.get(month), sizes)))
        : input.own?.size(month)[sizes]
      if (below !== undefined) checks.push(sameNumber('size', `${month} ${sizes}`, [size, below, size]))
    }
    const hours = resourceHours(part, row.resource)
    return {
      month,
      weight,
      terms,
      numerator,
      size,
      sizeWeightMs: ms,
      hoursExpected: hours.expected,
      hoursKnown: hours.known,
      knownShare: knownShareOf(part, row),
    }
  })
  const without = (why: ExplainView['why']) => ({ months, result: null, why, lowerBound, checks })
  if (known.length === 0) return without('noData')
  if (row.size !== null && known.length < window.length) return without('incompleteYear')
  if (table === 'quota' && lowerBound) return without('withoutRow')
  return { ...explainedResult(months, row), months, lowerBound, checks }
}

/** A cut first month counts by its own days, so that a heating season that ends in it lies where it was. */
function weightOf(
  part: SubjectMonth,
  row: IndicatorRow,
  { weight, isFirst }: { weight: number; isFirst: boolean },
  endMs: number,
): number {
  if (!isFirst || weight === 1) return weight
  const whole = numeratorOf(part, row)
  const { fromMs } = monthRange(monthOf(endMs - 1))
  const cut = cutMonth(part, { fromMs: monthRange(part.month).fromMs + (endMs - fromMs) })
  return whole === 0 ? weight : numeratorOf(cut, row) / whole
}

/** Relative tolerance for sums of the same parts in different orders. */
const TOLERANCE = 1e-9

/** Compares two numbers up to rounding; null equals null. `scale`: sum of absolute parts, since signs may cancel. */
export function sameNumber(
  level: ExplainCheck['level'],
  name: string,
  [want, got, scale = 0]: readonly [want: number | null, got: number | null, scale?: number],
): ExplainCheck {
  const room = TOLERANCE * Math.max(Math.abs(want ?? 0), Math.abs(got ?? 0), scale)
  return { level, name, want, got, ok: want === null || got === null ? want === got : Math.abs(want - got) <= room }
}

function childTerm(subject: string, part: SubjectMonth | undefined, row: IndicatorRow): ExplainTerm[] {
  if (!part) return []
  const adds = numeratorOf(part, row)
  return [{ kind: 'child', source: subject, amount: adds, unit: row.numeratorUnit, row: null, adds, sources: [] }]
}

const PARTS = ['heating', 'special', 'transport', 'generation'] as const
const isPart = (source: string): source is (typeof PARTS)[number] => PARTS.some((part) => part === source)

const sourcesOf = ({ source }: ExplainTerm, own: MonthSources): readonly MonthSource[] =>
  isPart(source) ? own[source] : (own.carriers.get(source as Carrier) ?? [])

const withSources = (terms: readonly ExplainTerm[], own: MonthSources | undefined): ExplainTerm[] =>
  terms.map((term) => ({ ...term, sources: own ? [...sourcesOf(term, own)] : [] }))

/** Compares each amount with the sum of its meters and bills; parts of the quota's energy in kgce. */
function termChecks(
  month: Month,
  terms: readonly ExplainTerm[],
  { own, of }: { own: MonthSources; of: StandardsInForce },
): ExplainCheck[] {
  const kgce = (carrier: Carrier): number => of.quota.rows.find((row) => row.carrier === carrier)?.value ?? 0
  const addedTo = (sources: readonly MonthSource[], weighs: (carrier: Carrier) => number) => {
    const added = sources.map(({ carrier, factor, amount }) => factor * amount * weighs(carrier))
    return {
      got: added.reduce((sum, amount) => sum + amount, 0),
      scale: added.reduce((sum, amount) => sum + Math.abs(amount), 0),
    }
  }
  const said = terms.map(({ source, unit, amount, sources }) => {
    const { got, scale } = addedTo(sources, isPart(source) ? kgce : () => 1)
    return sameNumber('carrier', `${month} ${source} ${unit}`, [amount, got, scale])
  })
  // Carriers that were counted but are missing in the month's record.
  const named = new Set(terms.map(({ source }) => source))
  const unsaid = terms.some(({ kind }) => kind === 'carrier')
    ? [...own.carriers].filter(([carrier]) => !named.has(carrier) && carrier !== 'water' && carrier !== 'heatByArea')
    : []
  return [
    ...said,
    ...unsaid.map(([carrier, sources]) => {
      const { got, scale } = addedTo(sources, () => 1)
      return sameNumber('carrier', `${month} ${carrier}`, [0, got, scale])
    }),
  ]
}

/** The result of a chain of months. */
export function explainedResult(
  months: readonly ExplainedMonth[],
  row: IndicatorRow,
): Pick<ExplainView, 'result' | 'why'> {
  const numerator = months.reduce((sum, month) => sum + month.numerator * month.weight, 0)
  const scale = 1 / row.per
  if (row.size === null) return { result: numerator * scale, why: null }
  const isSized = months.every(({ size }) => size !== null)
  const size = isSized ? weightedMean(months.map((month) => ({ value: month.size, weight: month.sizeWeightMs }))) : null
  return size !== null && size > 0 ? { result: (numerator * scale) / size, why: null } : { result: null, why: 'noSize' }
}

const sizeOfMonth = (part: SubjectMonth | undefined, key: IndicatorSize): number | null =>
  part ? sizeOf(part, key) : null

function sumOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null
}
