// Adds the months that must be judged with the marked ones, so that what is stored follows from the registry and the
// readings alone, in whatever order they came: every institution has a record of every month, up to the present one, of
// the years of which the county has one, since what is expected comes from the registry; and months with unknown time
// within a year after a marked one are weighed again, since their probable use follows from it.

import { addMonths, type Month, monthsThrough } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Tariff } from '../../domain/energy/tariff.ts'
import { keysOf } from '../../domain/table.ts'
import type { StateStore } from '../platform.ts'
import { addDirtyMonths, type DirtyMonths, dirtyKey } from '../state/dirty.ts'
import type { County } from './county.ts'
import { allYears, readYears, subjectYearKey, type YearMonths } from './subject-year.ts'

/** Months after a marked one whose probable use may follow from it. */
const FOLLOWING_MONTHS = 12

/**
 * Marks them before the marked months are judged, so that a pass that is cut off leaves them marked. `present`: the
 * month of the clock; later ones are not judged.
 */
export async function markWidened(
  state: StateStore,
  { shard, institutions, tariffs, path }: Pick<County, 'shard' | 'institutions' | 'tariffs' | 'path'>,
  present: Month,
): Promise<void> {
  const dirty = (await state.get(dirtyKey(shard)))?.value ?? {}
  const added = new Map<string, Set<Month>>()
  const add = (id: string, months: readonly Month[]): void => {
    const fresh = months.filter((month) => !dirty[id]?.includes(month))
    if (fresh.length > 0) added.set(id, new Set([...(added.get(id) ?? []), ...fresh]))
  }
  const without = await monthsWithoutRecord(state, { shard, dirty, present })
  if (without.length > 0)
    for (const { id } of institutions) {
      const stored = await monthsOf(state, id, without)
      add(
        id,
        without.filter((month) => !(month in stored)),
      )
    }
  for (const [id, marked] of Object.entries(dirty)) {
    const past = marked.filter((month) => month < present)
    if (past.length === 0) continue
    const following = [...new Set(past.flatMap((month) => monthsThrough(month, addMonths(month, FOLLOWING_MONTHS))))]
    const stored = await monthsOf(state, id, following)
    add(
      id,
      following.filter((month) => month <= present && stored[month] && isUnknown(stored[month])),
    )
  }
  for (const [id, months] of Object.entries(withLadders(dirty, { tariffs, path, present }))) add(id, months)
  await addDirtyMonths(state, shard, added)
}

/**
 * Months of the county's years, up to the present one, of which it has no record yet; so it does not matter whether the
 * scheduled run marked the present month before. A year without any reading or bill is left out: one wrong clock must
 * not cost records of decades (docs/rules/data.md#known-share).
 */
async function monthsWithoutRecord(
  state: StateStore,
  { shard, dirty, present }: { shard: string; dirty: DirtyMonths; present: Month },
): Promise<Month[]> {
  const stored = new Set((await allYears(state, shard)).flatMap((year) => keysOf(year)))
  const years = new Set([...stored, ...Object.values(dirty).flat()].map((month) => month.slice(0, 4)))
  return [...years]
    .flatMap((year) => monthsThrough(`${year}-01` as Month, `${year}-12` as Month))
    .filter((month) => month <= present && !stored.has(month))
}

async function monthsOf(state: StateStore, subject: string, months: readonly Month[]): Promise<YearMonths> {
  const years = [...new Set(months.map((month) => month.slice(0, 4)))]
  const stored = await readYears(
    state,
    years.map((year) => subjectYearKey(subject, year)),
  )
  return Object.assign({}, ...stored)
}

/**
 * The rest of the year after each marked month, where a yearly ladder prices: what was used before says what a later
 * month costs.
 */
function withLadders(
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

const isUnknown = (part: SubjectMonth): boolean =>
  part.energyMissingKgce + part.quotaMissingKgce + part.heatingMissingKgce + part.specialMissingKgce > 0 ||
  part.waterMissingM3 + part.hoursWithoutUsual + part.waterHoursWithoutUsual + part.partHoursWithoutUsual > 0
