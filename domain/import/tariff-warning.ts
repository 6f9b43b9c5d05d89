// Warns of tariffs that are valid and may still not say what their author meant: a row without an end that holds again,
// and holiday prices without a holiday (docs/rules/energy-and-carbon.md#cost).

import { type Tariff, tariffId } from '../energy/tariff.ts'
import { EVERY_HOLIDAY } from '../energy/tariff-period.ts'
import { type CalendarDay, daysInForce } from '../standards/working-days.ts'
import type { RegistryProblem } from './check.ts'
import type { Registry } from './registry.ts'

export function tariffWarnings({
  tariffs = [],
  calendar = [],
}: Pick<Registry, 'tariffs' | 'calendar'>): RegistryProblem[] {
  const bySubject = Map.groupBy(tariffs, ({ subject, medium }) => `${subject}/${medium}`)
  const holidays = daysInForce(calendar).filter(({ kind }) => kind === 'holiday')
  return tariffs.flatMap((tariff, index) => {
    const { subject, medium } = tariff
    const reasons = [
      ...resumption(tariff, bySubject.get(`${subject}/${medium}`) ?? []),
      ...withoutHoliday(tariff, holidays),
    ]
    return reasons.map(([field, reason]) => ({ kind: 'tariffs' as const, id: tariffId(tariff), index, field, reason }))
  })
}

/** The row that holds again on the day on which this one ends. */
function resumption({ validFrom, validTo }: Tariff, rows: readonly Tariff[]): [field: string, reason: string][] {
  if (validTo === undefined || rows.some((row) => row.validFrom === validTo)) return []
  const again = rows
    .filter((row) => row.validFrom < validFrom && (row.validTo === undefined || row.validTo > validTo))
    .reduce<Tariff | undefined>((last, row) => (last && last.validFrom > row.validFrom ? last : row), undefined)
  return again ? [['validTo', `from ${validTo} on the row valid from ${again.validFrom} holds again`]] : []
}

function withoutHoliday(
  { periods, validFrom }: Tariff,
  days: readonly CalendarDay[],
): [field: string, reason: string][] {
  const texts = [...new Set(periods.flatMap(({ holidays = [] }) => holidays))]
  const names = days.filter(({ date }) => date >= validFrom).map(({ name = '' }) => name)
  return texts
    .filter((text) => !names.some((name) => text === EVERY_HOLIDAY || name.includes(text)))
    .map((text) => ['holidays', `the calendar has no holiday "${text}" from ${validFrom} on: its price is never used`])
}
