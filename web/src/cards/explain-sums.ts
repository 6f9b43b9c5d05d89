// Sums the chain of an explanation over its window, so that a reader sees the division before the months: the amount
// that each source adds to the numerator, the rows used, and the denominator.

import type { ExplainedMonth, ExplainView } from '../../../domain/view/explain.ts'

type Term = ExplainedMonth['terms'][number]
export type ExplainedRow = NonNullable<Term['row']>

export interface SourceSum {
  kind: Term['kind']
  source: string
  unit: string
  /** Sum of the months, weighted by their share in the window. */
  amount: number
  /** Null: no row converts it in any month. */
  adds: number | null
  /** Each row once, in order of first use. */
  rows: ExplainedRow[]
}
export interface ExplainSums {
  numerator: number
  /** `kgce`, `m³` or `kgCO2`. */
  numeratorUnit: string
  /** Mean over the window, m² or people; null for totals and when a month's size is unknown. */
  size: number | null
  /** Largest first. */
  sources: SourceSum[]
}

/** Throws nothing; an explanation without months has a numerator of 0. */
export function explainSums({ indicator, months }: Pick<ExplainView, 'indicator' | 'months'>): ExplainSums {
  const sources = new Map<string, SourceSum>()
  for (const { weight, terms } of months) {
    for (const { kind, source, unit, amount, adds, row } of terms) {
      const key = `${kind} ${source}`
      const sum = sources.get(key) ?? { kind, source, unit, amount: 0, adds: null, rows: [] }
      sum.amount += amount * weight
      if (adds !== null) sum.adds = (sum.adds ?? 0) + adds * weight
      if (row && !sum.rows.some((one) => isSameRow(one, row))) sum.rows.push(row)
      sources.set(key, sum)
    }
  }
  const weightMs = months.reduce((sum, { sizeWeightMs }) => sum + sizeWeightMs, 0)
  const isSized = weightMs > 0 && months.every(({ size }) => size !== null)
  return {
    numerator: months.reduce((sum, month) => sum + month.numerator * month.weight, 0),
    numeratorUnit: indicator.startsWith('water') ? 'm³' : indicator.startsWith('co2') ? 'kgCO2' : 'kgce',
    size: isSized
      ? months.reduce((sum, { size, sizeWeightMs }) => sum + (size ?? 0) * sizeWeightMs, 0) / weightMs
      : null,
    sources: [...sources.values()].sort((a, b) => Math.abs(b.adds ?? 0) - Math.abs(a.adds ?? 0)),
  }
}

/** What is probably missing of a month or of the window, by its known share; null where nothing known says it. */
export function probablyMissing({
  numerator,
  knownShare,
}: Pick<ExplainedMonth, 'numerator' | 'knownShare'>): number | null {
  if (knownShare === null) return null
  if (knownShare >= 1) return 0
  return knownShare > 0 && numerator > 0 ? (numerator * (1 - knownShare)) / knownShare : null
}

const isSameRow = (a: ExplainedRow, b: ExplainedRow): boolean =>
  a.name === b.name && a.value === b.value && a.validFrom === b.validFrom
