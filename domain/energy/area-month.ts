// Computes a month of an area: the sum of its parts, and what was probably used by institutions of which nothing is
// known: as much a square metre, or a person, as others of their kind (docs/rules/data.md#known-share).

import type { Month } from '../calendar.ts'
import { type SubjectMonth, sumSubjects } from './subject-month.ts'

export interface AreaPart {
  part: SubjectMonth
  /** Kind of the institution; absent for an area. */
  kind?: string
}

const RESOURCES = {
  energy: {
    known: 'energyKgce',
    missing: 'energyMissingKgce',
    size: 'floorAreaM2',
    without: ({ hoursWithoutUsual }: SubjectMonth) => hoursWithoutUsual,
    expected: ({ hoursExpected, waterHoursExpected }: SubjectMonth) => hoursExpected - waterHoursExpected,
    field: 'hoursWithoutUsual',
  },
  water: {
    known: 'waterM3',
    missing: 'waterMissingM3',
    size: 'waterUsers',
    without: ({ waterHoursWithoutUsual }: SubjectMonth) => waterHoursWithoutUsual,
    expected: ({ waterHoursExpected }: SubjectMonth) => waterHoursExpected,
    field: 'waterHoursWithoutUsual',
  },
} as const
type Resource = (typeof RESOURCES)[keyof typeof RESOURCES]

/** `parts` in the order of the registry. */
export function areaMonth(month: Month, parts: readonly AreaPart[]): SubjectMonth {
  const total = sumSubjects(
    month,
    parts.map(({ part }) => part),
  )
  for (const resource of Object.values(RESOURCES)) {
    const unknown = parts.filter(({ part, kind }) => kind !== undefined && resource.without(part) > 0)
    if (unknown.length === 0) continue
    const meanOf = meansOf(parts, resource)
    for (const { part, kind = '' } of unknown) {
      const mean = meanOf(kind)
      const size = part[resource.size]
      if (mean === null || size === null) continue
      total[resource.missing] += mean * size * (resource.without(part) / resource.expected(part))
      total[resource.field] -= resource.without(part)
    }
  }
  return total
}

/** The month's mean per m² or person of a kind, else of all kinds; null when nobody is known. */
function meansOf(parts: readonly AreaPart[], resource: Resource): (kind: string) => number | null {
  const sums = new Map<string, { amount: number; size: number }>()
  for (const { part, kind = '' } of parts) {
    const size = part[resource.size]
    const amount = part[resource.known] + part[resource.missing]
    if (size === null || amount <= 0 || resource.without(part) > 0) continue
    for (const name of [kind, ALL_KINDS]) {
      const sum = sums.get(name) ?? { amount: 0, size: 0 }
      sums.set(name, { amount: sum.amount + amount, size: sum.size + size })
    }
  }
  return (kind) => {
    const sum = sums.get(kind) ?? sums.get(ALL_KINDS)
    return sum && sum.size > 0 ? sum.amount / sum.size : null
  }
}
const ALL_KINDS = 'all'
