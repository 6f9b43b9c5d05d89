// Computes the marked months of a county's institutions from hours and bills, and writes them with the revisions they
// cause.

import { addMonths, dayOf, type Month, monthOf, monthRange } from '../../domain/calendar.ts'
import type { Bill } from '../../domain/energy/bill.ts'
import { institutionMonth, type MonthInput } from '../../domain/energy/institution-month.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Trail } from '../../domain/judge/revision-cause.ts'
import { pathIn } from '../../domain/registry/area.ts'
import { wholeId } from '../../domain/registry/dated.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { DERIVED, type DocWrite, type Platform, type StateStore } from '../platform.ts'
import { billsOf } from '../registry/bills.ts'
import { sumsOf } from '../settling/sum.ts'
import { addDirtyMonths, type DirtyMonths, dirtyKey } from '../state/dirty.ts'
import { putTogether } from '../state/put-together.ts'
import { inTurns, mapInTurns } from '../state/turns.ts'
import type { County } from './county.ts'
import { judgedYears, standardsIn } from './judgement.ts'
import { amountsOf, amountsOfSums, usedBefore, usualOf } from './month-amounts.ts'
import { type RevisedMonths, revisedYears } from './revision.ts'
import { institutionCauses, noteRevised } from './revision-cause.ts'
import { subjectYearKey } from './subject-year.ts'

/** Institutions per batch: their hours of one month are held in memory. */
const INSTITUTIONS_PER_LOAD = 50
/** Institutions before the event loop gets a turn: about 5 ms. */
const INSTITUTIONS_PER_TURN = 4

/** `docs`: the store of year documents, each read once. */
type Ports = Pick<Platform, 'readings' | 'state' | 'consumption'> & { docs: StateStore }
/** Input of one pass. */
export interface Marked {
  dirty: DirtyMonths
  trail: Trail
  nowMs: number
  afterDays: number
}

/** Writes the months of all marked institutions of a county, batch by batch. */
export async function judgeMonths(ports: Ports, county: County, marked: Marked): Promise<void> {
  const touched = county.institutions.filter(({ id }) => marked.dirty[id] !== undefined)
  for (let first = 0; first < touched.length; first += INSTITUTIONS_PER_LOAD) {
    const load = touched.slice(first, first + INSTITUTIONS_PER_LOAD)
    const written = await withRevisions(ports, await monthsOf(ports, { county, load, ...marked }), marked)
    await noteRevised(ports.state, county.shard, written.revised)
    await putTogether(ports.docs, written.recorded)
    await ports.docs.put(written.plain, DERIVED)
  }
}

/** The marks with those of parts: a part changes with the whole. */
export function withParts(parts: readonly Institution[], dirty: DirtyMonths): DirtyMonths {
  const all: DirtyMonths = { ...dirty }
  for (const { id } of parts) {
    const months = new Set([...(dirty[id] ?? []), ...(dirty[wholeId(id)] ?? [])])
    if (months.size > 0) all[id] = [...months].sort()
  }
  return all
}

/** Marks the parts of marked institutions, so that widening and a pass that is cut off see them too. */
export async function markParts(state: StateStore, { shard, parts }: County): Promise<void> {
  if (parts.length === 0) return
  const dirty = withParts(parts, (await state.get(dirtyKey(shard)))?.value ?? {})
  await addDirtyMonths(state, shard, new Map(parts.flatMap(({ id }) => (dirty[id] ? [[id, dirty[id]] as const] : []))))
}

/** Writes the marked months of the parts of institutions that are not here all the time. */
export async function judgeParts(ports: Ports, county: County, marked: Marked): Promise<void> {
  const { parts } = county
  if (parts.length === 0) return
  const trail: Trail = {}
  for (const { id } of parts) trail[id] = [...(marked.trail[id] ?? []), ...(marked.trail[wholeId(id)] ?? [])]
  await judgeMonths(ports, { ...county, institutions: [...parts] }, { ...marked, trail })
}

/** The marked months of a batch by institution; reads each month's hours in one go. */
async function monthsOf(
  { state, consumption }: Ports,
  { county, load, dirty, nowMs }: { county: County; load: readonly Institution[] } & Marked,
): Promise<ReadonlyMap<string, SubjectMonth[]>> {
  const { shard, areas, tables, metersOf } = county
  const marked = new Map(load.map(({ id }) => [id, dirty[id] ?? []]))
  const billed = await billsOf(state, new Map([...marked].map(([id, months]) => [id, withYearBefore(months)])))
  const made = new Map<string, SubjectMonth[]>(load.map(({ id }) => [id, []]))
  for (const month of [...new Set([...marked.values()].flat())].sort()) {
    const asked = load.filter(({ id }) => marked.get(id)?.includes(month))
    const amountsBy = await monthAmounts({ consumption }, county, { institutions: asked, month, nowMs, billed })
    const sets = standardsIn({ areas, tables }, shard, month)
    for await (const institution of inTurns(asked, INSTITUTIONS_PER_TURN)) {
      const meters = metersOf.get(institution.id) ?? []
      const [bills, amounts] = [billed.get(institution.id), amountsBy(institution)]
      const input = { institution, meters, bills, month, asOfMs: nowMs, amounts, sets }
      made.get(institution.id)?.push(institutionMonth(input))
    }
  }
  return made
}

/** Bills of the year before say which are missing. */
const withYearBefore = (months: readonly Month[]): Month[] => months.flatMap((month) => [addMonths(month, -12), month])

type Amounts = MonthInput['amounts']

/** The month's consumption of each institution's meters. Cost needs the hours; amounts need only the sums of days. */
async function monthAmounts(
  { consumption }: Pick<Platform, 'consumption'>,
  { shard, areas, metersOf, tariffs }: County,
  {
    institutions,
    month,
    nowMs,
    billed,
  }: {
    institutions: readonly Institution[]
    month: Month
    nowMs: number
    billed: ReadonlyMap<string, readonly Bill[]>
  },
): Promise<(institution: Institution) => Amounts> {
  const path = pathIn(areas, shard, month)
  const subjectsOf = ({ id }: Institution): string[] => [id, ...path]
  const isPriced = (one: Institution): boolean => tariffs.some(({ subject }) => subjectsOf(one).includes(subject))
  const metersIn = (some: readonly Institution[]): Meter[] => some.flatMap(({ id }) => metersOf.get(id) ?? [])
  const idsOf = (some: readonly Institution[]): string[] => metersIn(some).map(({ id }) => id)
  const { fromMs, toMs } = monthRange(month)
  const span = [dayOf(fromMs), dayOf(toMs)] as const
  const priced = institutions.filter(isPriced)
  const days = await consumption.get(idsOf(priced), ...span)
  const sums = await consumption.sums(idsOf(institutions.filter((one) => !isPriced(one))), ...span)
  const known = new Map([...sums, ...sumsOf(days, ...span)])
  const usual = await usualOf(consumption, metersIn(institutions), { month, asOfMs: nowMs, sums: known })
  const unpriced = amountsOfSums(sums, month, usual)
  const daysOf = Map.groupBy(days, ({ meter }) => meter)
  const yearBefore = await usedBefore(consumption, idsOf(priced), { month, tariffs })
  return (institution) => {
    if (!priced.includes(institution)) return unpriced
    const meters = metersOf.get(institution.id) ?? []
    const own = meters.flatMap(({ id }) => daysOf.get(id) ?? [])
    const bills = billed.get(institution.id)?.filter((bill) => bill.month === month) ?? []
    return amountsOf(own, month, { meters, tariffs, subjects: subjectsOf(institution), usual, bills, yearBefore })
  }
}

interface Written {
  plain: DocWrite[]
  /** By institution, where a month was closed or a closed one changed: the months with the documents that record it. */
  recorded: DocWrite[][]
  revised: Map<string, RevisedMonths['revised']>
}

/** The year documents with the new months, and records of what changed in them. */
async function withRevisions(
  { readings, state, docs }: Ports,
  made: ReadonlyMap<string, SubjectMonth[]>,
  { dirty, trail, nowMs, afterDays }: Marked,
): Promise<Written> {
  const ids = [...made.keys()]
  const months = ids.flatMap((id) => dirty[id] ?? [])
  const years = new Set([...judgedYears(monthOf(nowMs)), ...months.map((month) => month.slice(0, 4))])
  await docs.getMany(ids.flatMap((id) => [...years].map((year) => subjectYearKey(id, year))))
  const found = await mapInTurns([...made], INSTITUTIONS_PER_TURN, async ([id, own]) => {
    const causesOf = (month: Month) => institutionCauses({ readings, state }, trail[id], month)
    return [id, await revisedYears(docs, id, own, { nowMs, afterDays, causesOf })] as const
  })
  return {
    plain: found.flatMap(([, { plain }]) => plain),
    recorded: found.flatMap(([, { recorded }]) => recorded),
    revised: new Map(found.map(([id, { revised }]) => [id, revised])),
  }
}
