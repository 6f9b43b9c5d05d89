// Checks a contract against the registry: its institution, its meters, and whether one was replaced within a period
// (docs/rules/contracts.md#terms).

import { dayLabel, dayOf } from '../../domain/calendar.ts'
import { type Adjustment, acceptedOf } from '../../domain/contract/adjustment.ts'
import { baselineRange } from '../../domain/contract/baseline.ts'
import { contractPeriods } from '../../domain/contract/periods.ts'
import type { ContractTerms, TermsProblem } from '../../domain/contract/terms.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import type { RegistryReader } from '../registry/reader.ts'

/** What is wrong with new terms; the first replacement within the baseline or the reporting period among it. */
export async function termsProblems(
  registry: Pick<RegistryReader, 'institution' | 'meter'>,
  terms: ContractTerms,
): Promise<TermsProblem[]> {
  const found = await registry.institution(terms.institution)
  if (!found) return [{ field: 'institution', reason: `no institution "${terms.institution}" is registered` }]
  const problems = [...peopleProblems(terms, found.institution)]
  const named = [
    ...terms.boundary.map(({ meter }, i) => ({ meter, field: `boundary.${i}.meter` })),
    ...terms.excluded.map(({ meter }, i) => ({ meter, field: `excluded.${i}.meter` })),
  ]
  for (const { meter: id, field } of named) {
    const meter = (await registry.meter(id))?.meter
    if (!meter) problems.push({ field, reason: `no meter "${id}" is registered` })
    else if (meter.medium !== terms.medium)
      problems.push({ field, reason: `the meter "${id}" counts ${meter.medium}, the contract ${terms.medium}` })
    else if (meter.kind === 'offline') problems.push({ field, reason: `the meter "${id}" has bills and no days` })
  }
  const replaced = (await replacementsOf(registry, terms, []))[0]
  if (replaced) problems.push(replaced)
  return problems
}

const peopleProblems = ({ baseline }: ContractTerms, { sizes }: Institution): TermsProblem[] =>
  baseline.method.kind === 'people' && sizeOn(sizes, Date.parse(baseline.from)).energyUsers === null
    ? [{ field: 'baseline.method.kind', reason: 'the institution has no energyUsers at the begin of the baseline' }]
    : []

export interface ReplacementProblem extends TermsProblem {
  day: number
}

/** Replacements of meters of the contract within its periods that the parties do not know of, the first first. */
export async function replacementsOf(
  registry: Pick<RegistryReader, 'meter'>,
  terms: ContractTerms,
  adjustments: readonly Adjustment[],
): Promise<ReplacementProblem[]> {
  const base = baselineRange(terms)
  const periods = contractPeriods(terms.reporting)
  const [first, last] = [periods[0]?.firstDay ?? 0, periods.at(-1)?.endDay ?? 0]
  const known = new Set(
    acceptedOf(adjustments).flatMap(({ change }) =>
      change.kind === 'meterReplacement' ? [`${change.meter} ${change.on}`] : [],
    ),
  )
  for (const { meter, replacedOn = [] } of terms.boundary) for (const on of replacedOn) known.add(`${meter} ${on}`)
  const named = [
    ...terms.boundary.map(({ meter }, i) => ({ meter, field: `boundary.${i}.meter` })),
    ...terms.excluded.map(({ meter }, i) => ({ meter, field: `excluded.${i}.meter` })),
  ]
  const problems: ReplacementProblem[] = []
  for (const { meter, field } of named) {
    for (const { atMs } of (await registry.meter(meter))?.meter.replacements ?? []) {
      const day = dayOf(atMs)
      const within = (day >= base.firstDay && day < base.endDay) || (day >= first && day < last)
      if (!within || known.has(`${meter} ${dayLabel(day)}`)) continue
      const period = day < base.endDay ? 'the baseline' : 'the reporting period'
      const reason = `the meter "${meter}" was replaced on ${dayLabel(day)}, within ${period}; name it in replacedOn, or accept an adjustment meterReplacement`
      problems.push({ field, reason, day })
    }
  }
  return problems.toSorted((a, b) => a.day - b.day)
}
