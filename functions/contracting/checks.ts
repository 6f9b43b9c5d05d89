// Checks a contract against the registry: its institution, its meters, and whether one was replaced within a period
// (docs/rules/contracts.md#terms).

import { dayLabel, dayOf } from '../../domain/calendar.ts'
import { type Adjustment, acceptedOf } from '../../domain/contract/adjustment.ts'
import { baselineRange } from '../../domain/contract/baseline.ts'
import { contractPeriods } from '../../domain/contract/periods.ts'
import type { ContractTerms, TermsProblem } from '../../domain/contract/terms.ts'
import { phraseOf } from '../../domain/phrase.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import type { RegistryReader } from '../registry/reader.ts'

/** What is wrong with new terms; the first replacement within the baseline or the reporting period among it. */
export async function termsProblems(
  registry: Pick<RegistryReader, 'institution' | 'meter'>,
  terms: ContractTerms,
): Promise<TermsProblem[]> {
  const found = await registry.institution(terms.institution)
  if (!found)
    return [
      {
        field: 'institution',
        reason: phraseOf(`没有登记机构“${terms.institution}”`, `no institution "${terms.institution}" is registered`),
      },
    ]
  const problems = [...peopleProblems(terms, found.institution)]
  const named = [
    ...terms.boundary.map(({ meter }, i) => ({ meter, field: `boundary.${i}.meter` })),
    ...terms.excluded.map(({ meter }, i) => ({ meter, field: `excluded.${i}.meter` })),
  ]
  for (const { meter: id, field } of named) {
    const meter = (await registry.meter(id))?.meter
    if (!meter) problems.push({ field, reason: phraseOf(`没有登记表计“${id}”`, `no meter "${id}" is registered`) })
    else if (meter.medium !== terms.medium)
      problems.push({
        field,
        reason: phraseOf(
          `表计“${id}”计量 ${meter.medium}，合同为 ${terms.medium}`,
          `the meter "${id}" counts ${meter.medium}, the contract ${terms.medium}`,
        ),
      })
    else if (meter.kind === 'offline')
      problems.push({
        field,
        reason: phraseOf(`表计“${id}”只有账单，没有逐日用量`, `the meter "${id}" has bills and no days`),
      })
  }
  const replaced = (await replacementsOf(registry, terms, []))[0]
  if (replaced) problems.push(replaced)
  return problems
}

const peopleProblems = ({ baseline }: ContractTerms, { sizes }: Institution): TermsProblem[] =>
  baseline.method.kind === 'people' && sizeOn(sizes, Date.parse(baseline.from)).energyUsers === null
    ? [
        {
          field: 'baseline.method.kind',
          reason: phraseOf(
            '基准期开始时机构没有用能人数（energyUsers）',
            'the institution has no energyUsers at the begin of the baseline',
          ),
        },
      ]
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
      const period = day < base.endDay ? phraseOf('基准期', 'the baseline') : phraseOf('报告期', 'the reporting period')
      const on = dayLabel(day)
      const reason = phraseOf(
        `表计“${meter}”于 ${on}（${period.zh}内）更换；请在 replacedOn 中写明，或双方认可 meterReplacement 调整`,
        `the meter "${meter}" was replaced on ${on}, within ${period.en}; name it in replacedOn, or accept an adjustment meterReplacement`,
      )
      problems.push({ field, reason, day })
    }
  }
  return problems.toSorted((a, b) => a.day - b.day)
}
