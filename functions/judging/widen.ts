// Adds the months that must be judged with the marked ones: those without a record since January of the first marked
// year, since what is expected comes from the registry and not from records that happen to exist; and months with
// unknown time within a year after a marked one, whose probable use follows from it.

import { addMonths, type Month, monthsThrough } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Tariff } from '../../domain/energy/tariff.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { keysOf } from '../../domain/table.ts'
import type { StateStore } from '../platform.ts'
import type { DirtyMonths } from '../state/dirty.ts'
import { readYears, subjectYearKey } from './subject-year.ts'

/** Months after a marked one whose probable use may follow from it. */
const FOLLOWING_MONTHS = 12

/** `present`: the month of the clock; later ones are not judged. `docs`: year documents, each read once. */
export async function widened(
  docs: StateStore,
  institutions: readonly Institution[],
  { dirty, present }: { dirty: DirtyMonths; present: Month },
): Promise<DirtyMonths> {
  const marked = [...new Set(Object.values(dirty).flat())].sort()
  const [first, last] = [marked[0], marked.at(-1)]
  if (!first || !last) return dirty
  const end = [addMonths(last, FOLLOWING_MONTHS), present].sort()[0] ?? present
  const years: number[] = []
  for (let year = Number(first.slice(0, 4)); year <= Number(end.slice(0, 4)); year++) years.push(year)
  await docs.getMany(institutions.flatMap(({ id }) => years.map((year) => subjectYearKey(id, year))))
  const wanted = monthsThrough(`${first.slice(0, 4)}-01` as Month, last)
  const wide: DirtyMonths = { ...dirty }
  for (const { id } of institutions) {
    const stored = Object.assign(
      {},
      ...(await readYears(
        docs,
        years.map((year) => subjectYearKey(id, year)),
      )),
    )
    const own = dirty[id] ?? []
    const added = [
      ...wanted.filter((month) => !(month in stored)),
      ...keysOf(stored as Record<Month, SubjectMonth>).filter(
        (month) => month <= present && isUnknown(stored[month]) && own.some((one) => follows(month, one)),
      ),
    ]
    if (added.length > 0) wide[id] = [...new Set([...own, ...added])].sort()
  }
  return wide
}

/**
 * The rest of the year after each marked month, where a yearly ladder prices: what was used before says what a later
 * month costs.
 */
export function withLadders(
  dirty: DirtyMonths,
  { tariffs, path, present }: { tariffs: readonly Tariff[]; path: readonly string[]; present: Month },
): DirtyMonths {
  const laddered = new Set(tariffs.filter(({ ladder }) => ladder === 'yearly').map(({ subject }) => subject))
  if (laddered.size === 0) return dirty
  const isPriced = (id: string): boolean => laddered.has(id) || path.some((area) => laddered.has(area))
  return Object.fromEntries(
    Object.entries(dirty).map(([id, months]) => {
      if (!isPriced(id)) return [id, months]
      const rest = months.flatMap((month) => {
        const last = [`${month.slice(0, 4)}-12` as Month, present].sort()[0] ?? present
        return month <= last ? monthsThrough(month, last) : [month]
      })
      return [id, [...new Set([...months, ...rest])].sort()]
    }),
  )
}

const follows = (month: Month, marked: Month): boolean => month > marked && month <= addMonths(marked, FOLLOWING_MONTHS)

const isUnknown = (part: SubjectMonth): boolean =>
  part.energyMissingKgce + part.quotaMissingKgce + part.heatingMissingKgce + part.specialMissingKgce > 0 ||
  part.waterMissingM3 + part.hoursWithoutUsual + part.waterHoursWithoutUsual + part.partHoursWithoutUsual > 0
