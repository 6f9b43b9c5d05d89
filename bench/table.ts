// One row per thing measured, as JSON has it and as a person reads it.

import { must } from '../domain/must.ts'

export type BenchRow = RateRow | TimeRow | CostRow | ErrorRow | DetectionRow | CoverageRow

export interface RateRow {
  what: string
  /** Readings per second, the median of the rounds. */
  readingsPerSecond: number
  /** The same for the reference, measured between our rounds with the same input. */
  reference: { what: string; readingsPerSecond: number }
  /** Ours ÷ the reference. */
  ratio: number
  /** What has to be reached in the end (docs/rules/platform.md#performance-bars). */
  bar: { readingsPerSecond: number; ratio?: number }
  /** Our rounds, readings per second, in order. */
  rounds: number[]
  /** Processor time of our process per reading, where the system tells it; not disturbed by busy neighbours. */
  cpuMicrosPerReading: number | null
  /** What else was measured, by name with its unit. */
  more: Record<string, number>
}

/** A piece of work that is done as a whole. */
export interface TimeRow {
  what: string
  /** The median of the rounds. */
  seconds: number
  reference: { what: string; seconds: number }
  /** Ours ÷ the reference: how many times as long it takes. */
  ratio: number
  bar: { seconds: number }
  /** Our rounds, seconds, in order. */
  rounds: number[]
  /** Processor time of our process. */
  cpuSeconds: number
  more: Record<string, number>
}

/** Something that is to stay small, in the unit that `what` names. */
export interface CostRow {
  what: string
  value: number
  reference: { what: string; value: number }
  /** Ours ÷ the reference. */
  ratio: number
  bar: number
  more: Record<string, number>
}

/** How far forecasts were from what came, beside references. Shares, 0 to 1. */
export interface ErrorRow {
  what: string
  cases: number
  /** Median of |forecast / actual − 1|. */
  medianError: number
  references: Record<string, number>
  /** Share of actual values in the band, and the median of its width over the forecast. */
  coverage: number
  medianWidth: number
}
/** What was found of what was there. */
export interface DetectionRow {
  what: string
  rightly: number
  wrongly: number
  missed: number
  /** Rightly ÷ (rightly + wrongly); null when nothing was raised. */
  precision: number | null
  /** Rightly ÷ (rightly + missed); null when nothing was there. */
  recall: number | null
  /** Of both. */
  bar: number
  more: Record<string, number>
}

/** How often an interval holds the truth. Shares, 0 to 1. */
export interface CoverageRow {
  what: string
  cases: number
  coverage: number
  bar: { low: number; high: number }
  /** The same for other intervals. */
  references: Record<string, number>
  widthOverFsuBand: number
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The value that a share (0 to 1) of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return must(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)])
}

/** Columns of text, the first one flush left, the others flush right; then what else was measured, a line a row. */
export function table(rows: readonly BenchRow[]): string {
  const rates = rows.filter((row) => 'readingsPerSecond' in row)
  const times = rows.filter((row) => 'seconds' in row)
  const costs = rows.filter((row) => 'value' in row)
  const errors = rows.filter((row) => 'medianError' in row)
  const detections = rows.filter((row) => 'precision' in row)
  const coverages = rows.filter((row) => 'widthOverFsuBand' in row)
  const notes = rows
    .filter((row) => 'reference' in row)
    .map(({ what, reference, more }) => {
      const figures = Object.entries(more).map(([name, value]) => `${name} ${fine.format(value)}`)
      return `${what}: ${[figures.join(', '), `reference: ${reference.what}`].filter((text) => text !== '').join('; ')}`
    })
  const blocks = [
    rates.length > 0 ? rateLines(rates) : [],
    times.length > 0 ? timeLines(times) : [],
    costs.length > 0 ? costLines(costs) : [],
    errors.length > 0 ? errorLines(errors) : [],
    detections.length > 0 ? detectionLines(detections) : [],
    coverages.length > 0 ? coverageLines(coverages) : [],
    notes,
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

const rateLines = (rows: readonly RateRow[]): string[] =>
  aligned([
    ['', 'readings/s', 'bar', 'reference/s', 'ratio', 'bar', 'CPU µs'],
    ...rows.map((row) => [
      row.what,
      whole.format(row.readingsPerSecond),
      whole.format(row.bar.readingsPerSecond),
      whole.format(row.reference.readingsPerSecond),
      fine.format(row.ratio),
      row.bar.ratio === undefined ? '' : fine.format(row.bar.ratio),
      row.cpuMicrosPerReading === null ? '' : fine.format(row.cpuMicrosPerReading),
    ]),
  ])

const timeLines = (rows: readonly TimeRow[]): string[] =>
  aligned([
    ['', 'seconds', 'bar', 'reference s', 'ratio', 'CPU s'],
    ...rows.map((row) => [
      row.what,
      fine.format(row.seconds),
      fine.format(row.bar.seconds),
      fine.format(row.reference.seconds),
      fine.format(row.ratio),
      fine.format(row.cpuSeconds),
    ]),
  ])

const costLines = (rows: readonly CostRow[]): string[] =>
  aligned([
    ['', 'ours', 'bar', 'reference', 'ratio'],
    ...rows.map(({ what, value, bar, reference, ratio }) => [
      what,
      fine.format(value),
      fine.format(bar),
      fine.format(reference.value),
      fine.format(ratio),
    ]),
  ])

const percent = (share: number): string => (100 * share).toFixed(1)

const errorLines = (rows: readonly ErrorRow[]): string[] =>
  aligned([
    ['median error, %', 'n', 'ours', ...Object.keys(must(rows[0]).references), 'in 80 % band', 'band width'],
    ...rows.map(({ what, cases, medianError, references, coverage, medianWidth }) => [
      what,
      whole.format(cases),
      ...[medianError, ...Object.values(references), coverage, medianWidth].map(percent),
    ]),
  ])

const detectionLines = (rows: readonly DetectionRow[]): string[] =>
  aligned([
    ['', 'true', 'false', 'missed', 'precision', 'recall', 'bar'],
    ...rows.map(({ what, rightly, wrongly, missed, precision, recall, bar }) => [
      what,
      ...[rightly, wrongly, missed].map((count) => whole.format(count)),
      ...[precision, recall, bar].map((share) => (share === null ? '' : fine.format(share))),
    ]),
  ])

const coverageLines = (rows: readonly CoverageRow[]): string[] =>
  aligned([
    ['', 'n', '%', 'bar', ...Object.keys(must(rows[0]).references), 'width / FSU band'],
    ...rows.map(({ what, cases, coverage, bar, references, widthOverFsuBand }) => [
      what,
      whole.format(cases),
      percent(coverage),
      `${percent(bar.low)}–${percent(bar.high)}`,
      ...Object.values(references).map(percent),
      fine.format(widthOverFsuBand),
    ]),
  ])

function aligned(lines: readonly string[][]): string[] {
  const widths = must(lines[0]).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
}
