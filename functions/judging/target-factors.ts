// Converts a subject's months to the factors of its CO2 targets (docs/rules/dual-control.md#factors-of-a-target). An
// area's amounts are converted by its own rows, except those of areas below it that have rows of their own.

import { type Month, yearOf } from '../../domain/calendar.ts'
import type { StandardsInForce } from '../../domain/energy/conversion.ts'
import {
  addChange,
  type FactorChange,
  factorChange,
  factorMonthOf,
  NO_CHANGE,
  withChange,
} from '../../domain/energy/factor-change.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { DUAL_CONTROL, INDICATORS } from '../../domain/indicator.ts'
import type { JudgeInput } from '../../domain/judge/dual-control.ts'
import { targetFor } from '../../domain/judge/target-value.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import type { Area, Target } from '../../domain/registry/records.ts'
import type { StandardTables } from '../../domain/standards/tables.ts'

export interface FactorQuestion {
  /** The area whose rows convert the subject's amounts. */
  area: string
  /** True when the subject is the area itself. */
  isArea: boolean
  months: readonly SubjectMonth[]
  areas: readonly Area[]
  tables: Pick<StandardTables, 'co2Factors' | 'fuelFactors'>
  standards: (area: string, month: Month) => StandardsInForce
  /** The months of an area in the same years. */
  monthsOf: (area: string) => Promise<readonly SubjectMonth[]>
}

/** By the month of each CO2 target's factors; a month whose factors change nothing is absent. */
export async function monthsOnTargetFactors(
  question: FactorQuestion,
  { targets, asOfMs }: { targets: readonly Target[]; asOfMs: number },
): Promise<NonNullable<JudgeInput['onFactors']>> {
  const found = new Map<Month, { months: readonly SubjectMonth[]; co2Factor: string }>()
  const year = yearOf(asOfMs - 1)
  const wanted = INDICATORS.filter((indicator) => DUAL_CONTROL[indicator].carriers === 'co2').flatMap(
    (indicator) => targetFor(targets, indicator, year) ?? [],
  )
  for (const factorMonth of new Set(wanted.map(factorMonthOf))) {
    const { area, months, standards } = question
    const changes = await changesOf(question, factorMonth)
    const rebased = months.map((part, index) => withChange(part, changes[index] ?? NO_CHANGE))
    if (rebased.every((part, index) => part === months[index])) continue
    found.set(factorMonth, { months: rebased, co2Factor: standards(area, factorMonth).names.co2Factor })
  }
  return found
}

/** The change of each month. */
async function changesOf(question: FactorQuestion, factorMonth: Month): Promise<FactorChange[]> {
  const { area, months, standards } = question
  const changeBy = (rowsOf: string, part: SubjectMonth): FactorChange =>
    factorChange(part, standards(rowsOf, part.month), standards(rowsOf, factorMonth))
  const changes = months.map((part) => changeBy(area, part))
  for (const below of question.isArea ? ownRowsBelow(question) : []) {
    const own = await question.monthsOf(below)
    const ofOwn = await changesOf({ ...question, area: below, months: own }, factorMonth)
    for (const [index, part] of own.entries()) {
      const place = months.findIndex(({ month }) => month === part.month)
      const change = changes[place]
      if (!change) continue
      changes[place] = addChange(addChange(change, ofOwn[index] ?? NO_CHANGE), changeBy(area, part), -1)
    }
  }
  return changes
}

/** The highest areas below an area that have factors of their own. */
export function ownRowsBelow({ area, areas, tables }: Pick<FactorQuestion, 'area' | 'areas' | 'tables'>): string[] {
  const byCode = new Map(areas.map((one) => [one.code, one]))
  const own = new Set([...tables.co2Factors, ...tables.fuelFactors].map((row) => row.area))
  return [...own].filter((code) => {
    const above = byCode.has(code) ? areaPathOf(code, byCode).slice(1) : []
    const depth = above.indexOf(area)
    return depth >= 0 && !above.slice(0, depth).some((between) => own.has(between))
  })
}
