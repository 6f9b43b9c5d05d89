// Makes the part of a report that one shard (a county) adds: the rows of its institutions, and sums of them. A plain
// JSON value that depends on nothing outside the shard but settings and tables, so that it can be made in another
// thread, or by a function of its own in AWS, and the report is put together from parts.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { addMonths, dayLabel, dayOf, type Month, monthRange } from '../../domain/calendar.ts'
import { byMonth, rollingYearsOf, type SubjectMonth } from '../../domain/energy/subject-month.ts'
import { DUAL_CONTROL } from '../../domain/indicator.ts'
import { isTooLittle, knownShareLimits, knownShareOf } from '../../domain/judge/known-share.ts'
import { must } from '../../domain/must.ts'
import { institutionOn, metersByInstitution } from '../../domain/registry/dated.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { AMOUNTS, amountIn, periodsOf } from '../../domain/report/figures.ts'
import {
  addInstitution,
  type InstitutionRows,
  type MeteringFigures,
  noInstitutionRows,
  type ReportedInstitution,
} from '../../domain/report/institution-tables.ts'
import { noTypeSum, type TypeSum } from '../../domain/report/subject-tables.ts'
import { TYPE_WORDS } from '../../domain/report/words.ts'
import { columnOf } from '../../domain/table.ts'
import { dualControlOf, monthsToJudge, quotaOf, readAhead } from '../judging/judgement.ts'
import { monthDaysKey, withDays } from '../judging/subject-year.ts'
import { registryReader } from '../registry/reader.ts'
import { readOnce } from '../state/read-once.ts'
import { alertsStoodIn } from './alerts.ts'
import { checkSettings } from './form-store.ts'
import { type FormPart, formFactsOf, openFormPart, shardRules } from './forms.ts'
import { ESTIMATED_METERS_MAX, estimatedShares, meteringOf, standingDoubts } from './metering.ts'
import type { PartSources } from './question.ts'

/** Institutions that are judged before others get a turn: about 50 ms. */
const INSTITUTIONS_PER_TURN = 50

/** A plain JSON value. */
export interface PartAsked {
  shard: string
  month: Month
  asOfMs: number
  /** The one institution that is reported; absent: all. */
  institution?: string
  /** Reads the hours of the meters for the share that is estimated: of a county they are read, of a province not. */
  withEstimates: boolean
}

export interface ShardPart {
  shard: string
  rows: InstitutionRows
  types: Record<keyof typeof TYPE_WORDS, TypeSum>
  forms: FormPart
}

export async function shardPart(asked: PartAsked, sources: PartSources): Promise<ShardPart> {
  const { shard, month, asOfMs } = asked
  const { state, registry } = sources
  // A reader of its own, so that a province's counties are not held at once.
  const { institutions, meters, former } = await registryReader(state).shard(shard)
  const all =
    asked.institution === undefined ? institutions : [must(await registry.institution(asked.institution)).institution]
  const settings = await checkSettings(state)
  const rules = await shardRules(shard, { month, settings }, sources)
  const doubts = standingDoubts(await alertsStoodIn(state, [shard], month), asOfMs)
  const metersOf = metersByInstitution([...meters, ...former.meters])
  const areaName = (await registry.areas()).find(({ code }) => code === shard)?.name ?? shard
  const { fromMs } = monthRange(month)
  const before = addMonths(month, -1)
  // Those that were open at some time of the month.
  const open = all.filter((one) => institutionOn(one, asOfMs - 1) ?? institutionOn(one, fromMs))
  const isEstimated = asked.withEstimates && meters.length <= ESTIMATED_METERS_MAX
  const rows = noInstitutionRows()
  const types = columnOf(TYPE_WORDS, noTypeSum)
  const forms = openFormPart(month, { asOfMs, isOwn: asked.institution !== undefined })
  for (let first = 0; first < open.length; first += INSTITUTIONS_PER_TURN) {
    await nextTurn()
    const load = open.slice(first, first + INSTITUTIONS_PER_TURN)
    const docs = readOnce(state)
    const ids = load.map(({ id }) => id)
    await readAhead(docs, ids, month)
    const estimated = isEstimated
      ? await estimatedShares(sources.consumption, new Map(ids.map((id) => [id, metersOf.get(id) ?? []])), asked)
      : new Map<string, number>()
    await docs.getMany(ids.map((id) => monthDaysKey(id, before)))
    const factsOf = await formFactsOf(docs, ids, { month, settings })
    for (const institution of load) {
      const { id } = institution
      const judged = await monthsToJudge({ state: docs, registry }, { subject: id, month, onlyTargets: true })
      // The month before is compared as far as this one has come.
      const months = await withDays(docs, id, judged, (one) => one === before)
      const own = metersOf.get(institution.id) ?? []
      const metering = meteringOf(own, doubts, estimated.get(institution.id) ?? null)
      const named = { institution, areaName, months, metering }
      const one = await reportedInstitution(named, asked, { ...sources, state: docs })
      addInstitution(rows, one)
      forms.add({ institution, meters: own, ...(await factsOf(institution.id)) }, one.quota, rules)
      addToType(types[institution.type], one, { months, asOfMs })
    }
  }
  return { shard, rows, types, forms: forms.part }
}

async function reportedInstitution(
  given: { institution: Institution; areaName: string; months: readonly SubjectMonth[]; metering: MeteringFigures },
  { shard, month, asOfMs }: PartAsked,
  { state, registry }: PartSources,
): Promise<ReportedInstitution> {
  const { institution, areaName, months, metering } = given
  const { id, name, type } = institution
  const question = { subject: id, area: shard, profileArea: shard, month, nowMs: asOfMs, months, onlyTargets: true }
  return {
    ...{ id, name, areaName, type, metering },
    periods: periodsOf(byMonth(months), { month, asOfMs }),
    dualControl: await dualControlOf(state, registry, question),
    quota: await quotaOf(state, registry, { institution, month, nowMs: asOfMs, months }),
  }
}

function addToType(
  sum: TypeSum,
  { periods }: ReportedInstitution,
  { months, asOfMs }: { months: readonly SubjectMonth[]; asOfMs: number },
): void {
  sum.institutions++
  const amountOf = (amount: (typeof AMOUNTS)[keyof typeof AMOUNTS]) => amountIn(periods.toDate, amount, periods.limits)
  const energy = amountOf(AMOUNTS.energyKgce)
  if (energy !== null) {
    sum.known++
    sum.energyKgce += energy
    sum.co2Kg += amountOf(AMOUNTS.co2Kg) ?? 0
  }
  sum.waterM3 += amountOf(AMOUNTS.waterM3) ?? 0
  const year = rollingYearsOf(months, asOfMs).energy
  const share = year && knownShareOf(year, DUAL_CONTROL.energy)
  const isJudged = share !== null && !isTooLittle(share, knownShareLimits(dayLabel(dayOf(asOfMs - 1))))
  if (isJudged && year?.floorAreaM2) {
    sum.rollingKgce += year.energyKgceWithArea
    sum.floorAreaM2 += year.floorAreaM2
  }
}

/** The parts of shards in their order, wherever they are made. */
export type ReportParts = (asked: readonly PartAsked[]) => AsyncIterable<ShardPart>

/** Parts made one after the other in this thread: a province's counties are not held at once. */
export const partsInTurn = (sources: PartSources): ReportParts =>
  async function* (asked: readonly PartAsked[]): AsyncGenerator<ShardPart> {
    for (const one of asked) yield await shardPart(one, sources)
  }
