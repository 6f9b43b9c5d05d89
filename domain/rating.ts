// Rates a value against the three limits of a quota (定额), by four ratings.

export const RATINGS = ['advanced', 'reasonable', 'compliant', 'rectify'] as const

/** 先进, 合理, 达标, 需整改; best first. */
export type Rating = (typeof RATINGS)[number]

/** The three limits of a quota (定额), in the unit of its indicator: constraint (约束值) ≥ benchmark (基准值) ≥ guide (引导值). */
export interface QuotaLimits {
  constraint: number
  benchmark: number
  guide: number
}

/** A value equal to a limit meets it (docs/rules/quota.md#ratings). */
export function rate(value: number, { constraint, benchmark, guide }: QuotaLimits): Rating {
  if (value <= guide) return 'advanced'
  if (value <= benchmark) return 'reasonable'
  return value <= constraint ? 'compliant' : 'rectify'
}
