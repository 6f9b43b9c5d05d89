// Makes the document of a report from what is stored: judged months, registry, alerts. Reads a province county by
// county and keeps only the rows of its institutions.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Alert } from '../../domain/alert/life.ts'
import { addMonths, dayLabel, dayOf, monthRange } from '../../domain/calendar.ts'
import { sumAccess } from '../../domain/energy/access.ts'
import { byMonth, type SubjectMonth } from '../../domain/energy/subject-month.ts'
import { INTENSITY_INDICATORS, type Indicator } from '../../domain/indicator.ts'
import { knownYears } from '../../domain/judge/known-share.ts'
import type { DualControl } from '../../domain/judge/result.ts'
import { must } from '../../domain/must.ts'
import { institutionOn } from '../../domain/registry/dated.ts'
import type { Area, Institution } from '../../domain/registry/records.ts'
import { reportUnits } from '../../domain/report/column.ts'
import type { ReportDocument, ReportTable } from '../../domain/report/document.ts'
import { AMOUNTS, amountIn, periodsOf } from '../../domain/report/figures.ts'
import {
  addInstitution,
  institutionTables,
  noInstitutionRows,
  type ReportedInstitution,
} from '../../domain/report/institution-tables.ts'
import {
  accessTable,
  alertsTable,
  areasTable,
  carbonTable,
  energyTable,
  firstPage,
  headlineOf,
  highlightsOf,
  methodsTable,
  noTypeSum,
  type Rank,
  type ReportedSubject,
  renewableTable,
  type TypeSum,
  typesTable,
} from '../../domain/report/subject-tables.ts'
import { TYPE_WORDS } from '../../domain/report/words.ts'
import { closedAlerts, openAlerts } from '../alerts/store.ts'
import { accessKey } from '../judging/access.ts'
import { dualControlOf, judgedYears, quotaOf, subjectMonths } from '../judging/judgement.ts'
import { areaLedgerOf, ledgerOf } from '../judging/ledger.ts'
import { subjectYearKey } from '../judging/subject-year.ts'
import { parentOf, shardsBelow } from '../registry/reader.ts'
import { readOnce } from '../state/read-once.ts'
import { methodsOf } from './methods.ts'
import { type About, type ReportQuestion, ReportRefusal, type ReportSources, type ReportTime } from './question.ts'

/** Institutions that are judged before others get a turn: about 50 ms. */
const INSTITUTIONS_PER_TURN = 50

/** Throws ReportRefusal for a month that has not begun, and for a subject that is not registered. */
export async function reportDocument(question: ReportQuestion, sources: ReportSources): Promise<ReportDocument> {
  const { month } = question
  const { fromMs, toMs } = monthRange(month)
  if (fromMs >= sources.nowMs) throw new ReportRefusal('month', `${month} has not begun`)
  const asOfMs = Math.min(sources.nowMs, toMs)
  const about = await subjectOf(question, sources)
  const asked = { month, asOfMs, nowMs: sources.nowMs }
  const subject = await reportedSubject(about, asked, sources)
  const children = await Promise.all(
    about.below.map((area) => reportedSubject(subjectOfArea(area, about.areas), asked, sources)),
  )
  const { rows, types, names } = await institutionRows(about, asked, sources)
  const ofInstitutions = institutionTables(rows)
  const tableOf = (name: string): ReportTable => must(ofInstitutions.find(({ id }) => id === name))
  const over = tableOf('overQuota')
  const units = reportUnits(about.level)
  const isArea = question.type === 'area'
  const ledger = isArea
    ? await areaLedgerOf(question.id, month, sources)
    : await ledgerOf({ id: question.id, area: about.area }, month, sources)
  const tables: ReportTable[] = [
    firstPage(subject, { month, units, ranks: await ranksOf(about, asked, sources) }),
    ...(children.length > 0 ? [areasTable(children, month, units)] : []),
    ...(isArea ? [typesTable(types, units)] : []),
    energyTable(subject, month),
    ...ofInstitutions,
    carbonTable(ledger),
    renewableTable(subject, units),
    alertsTable(await alertsOf(about, asked, sources), (id) => names.get(id) ?? id),
    ...(await accessOf(about, sources)),
    methodsTable(await methodsOf(about, { month, lastDay: dayLabel(dayOf(asOfMs - 1)) }, sources)),
  ]
  const institutionsOver = new Set(over.rows.map(({ cells }) => cells[0])).size
  return {
    version: 1,
    subject: { type: question.type, id: question.id, name: about.name },
    month,
    asOfMs,
    headline: headlineOf(subject, { month, overQuota: institutionsOver }),
    highlights: highlightsOf(children, { over, quality: tableOf('quality') }),
    tables,
  }
}

const subjectOfArea = (area: Area, areas: readonly Area[]): About => ({
  id: area.code,
  type: 'area',
  name: area.name,
  level: area.level,
  area: area.code,
  profileArea: parentOf(area.code, areas),
  areas,
  below: areas.filter(({ parent }) => parent === area.code).toSorted((a, b) => (a.code < b.code ? -1 : 1)),
})

async function subjectOf({ type, id }: ReportQuestion, { registry }: ReportSources): Promise<About> {
  const areas = await registry.areas()
  if (type === 'area') {
    const area = areas.find(({ code }) => code === id)
    if (!area) throw new ReportRefusal('id', `area "${id}" is not registered`)
    return subjectOfArea(area, areas)
  }
  const found = await registry.institution(id)
  if (!found) throw new ReportRefusal('id', `institution "${id}" is not registered`)
  const { institution, shard } = found
  const base = { id, type, name: institution.name, level: undefined, areas, below: [], institution }
  return { ...base, area: shard, profileArea: shard }
}

async function reportedSubject(
  about: About,
  { month, asOfMs }: ReportTime,
  sources: ReportSources,
): Promise<ReportedSubject> {
  const { state, registry } = sources
  const { id, type, name, area, profileArea } = about
  const months = await subjectMonths(state, id, month)
  const question = { subject: id, area, profileArea }
  const yearBefore = addMonths(month, -12)
  const beforeMs = monthRange(yearBefore).fromMs + (asOfMs - monthRange(month).fromMs)
  return {
    ...{ id, type, name },
    periods: periodsOf(byMonth(months), { month, asOfMs }),
    dualControl: await dualControlOf(state, registry, { ...question, month, nowMs: asOfMs }),
    dualControlBefore: await dualControlOf(state, registry, {
      ...question,
      ...{ month: yearBefore, nowMs: Math.min(beforeMs, monthRange(yearBefore).toMs), onlyTargets: true },
    }),
  }
}

/** The ranks of an area among those with the same parent by its intensities, the lowest first. */
async function ranksOf(
  { id, type, areas }: About,
  { month, asOfMs }: ReportTime,
  { state, registry }: ReportSources,
): Promise<Map<Indicator, Rank>> {
  const parent = type === 'area' ? parentOf(id, areas) : undefined
  if (parent === undefined) return new Map()
  const peers = areas.filter((area) => area.parent === parent)
  const judged = await Promise.all(
    peers.map(async ({ code }) => {
      const of = { subject: code, area: code, profileArea: parent, month, nowMs: asOfMs, onlyTargets: true }
      return { code, dualControl: await dualControlOf(state, registry, of) }
    }),
  )
  const ranks = new Map<Indicator, Rank>()
  for (const indicator of INTENSITY_INDICATORS) {
    const actualOf = (of: DualControl | null) =>
      of?.indicators.find((one) => one.indicator === indicator)?.actual ?? null
    const own = actualOf(judged.find(({ code }) => code === id)?.dualControl ?? null)
    const known = judged.flatMap(({ dualControl }) => actualOf(dualControl) ?? [])
    if (own !== null) ranks.set(indicator, { rank: 1 + known.filter((one) => one < own).length, of: known.length })
  }
  return ranks
}

async function institutionRows(about: About, asked: ReportTime, sources: ReportSources) {
  const rows = noInstitutionRows()
  const types = new Map<string, TypeSum>(Object.values(TYPE_WORDS).map((word) => [word, noTypeSum()]))
  const names = new Map(about.areas.map(({ code, name }) => [code, name]))
  const shards = about.institution ? [about.area] : await shardsBelow(about.id, sources)
  for (const shard of shards) {
    const all = about.institution ? [about.institution] : (await sources.registry.shard(shard)).institutions
    const { fromMs } = monthRange(asked.month)
    // Those that were open at some time of the month.
    const open = all.filter((one) => institutionOn(one, asked.asOfMs - 1) ?? institutionOn(one, fromMs))
    for (let first = 0; first < open.length; first += INSTITUTIONS_PER_TURN) {
      await nextTurn()
      const load = open.slice(first, first + INSTITUTIONS_PER_TURN)
      const docs = readOnce(sources.state)
      await docs.getMany(load.flatMap(({ id }) => judgedYears(asked.month).map((year) => subjectYearKey(id, year))))
      for (const institution of load) {
        names.set(institution.id, institution.name)
        const areaName = names.get(shard) ?? shard
        const months = await subjectMonths(docs, institution.id, asked.month)
        const one = await reportedInstitution({ institution, shard, areaName, months }, asked, {
          ...sources,
          state: docs,
        })
        addInstitution(rows, one)
        addType(must(types.get(TYPE_WORDS[institution.type])), one, { months, asOfMs: asked.asOfMs })
      }
    }
  }
  return { rows, types, names }
}

async function reportedInstitution(
  given: { institution: Institution; shard: string; areaName: string; months: readonly SubjectMonth[] },
  { month, asOfMs }: ReportTime,
  { state, registry }: ReportSources,
): Promise<ReportedInstitution> {
  const { institution, shard, areaName, months } = given
  const { id, name, type } = institution
  const question = { subject: id, area: shard, profileArea: shard, month, nowMs: asOfMs, months, onlyTargets: true }
  return {
    ...{ id, name, areaName, type },
    periods: periodsOf(byMonth(months), { month, asOfMs }),
    dualControl: await dualControlOf(state, registry, question),
    quota: await quotaOf(state, registry, { institution, month, nowMs: asOfMs, months }),
  }
}

function addType(
  sum: TypeSum,
  { periods }: ReportedInstitution,
  { months, asOfMs }: { months: readonly SubjectMonth[]; asOfMs: number },
): void {
  sum.institutions++
  const of = (amount: (typeof AMOUNTS)[keyof typeof AMOUNTS]) => amountIn(periods.toDate, amount, periods.limits)
  const energy = of(AMOUNTS.energyKgce)
  if (energy !== null) {
    sum.known++
    sum.energyKgce += energy
    sum.co2Kg += of(AMOUNTS.co2Kg) ?? 0
  }
  sum.waterM3 += of(AMOUNTS.waterM3) ?? 0
  const { year } = knownYears(byMonth(months), asOfMs).energy
  if (year?.floorAreaM2) {
    sum.rollingKgce += year.energyKgceWithArea
    sum.floorAreaM2 += year.floorAreaM2
  }
}

/** Alerts that stood at some time of the month, the most severe first. */
async function alertsOf(about: About, { month }: ReportTime, sources: ReportSources): Promise<Alert[]> {
  const { fromMs, toMs } = monthRange(month)
  const stood = (alert: Alert): boolean => {
    const clearedMs = alert.state === 'cleared' ? (alert.history.at(-1)?.atMs ?? 0) : Number.POSITIVE_INFINITY
    return alert.state !== 'pending' && (alert.raisedMs ?? toMs) < toMs && clearedMs >= fromMs
  }
  const own = about.institution
  const meters = own
    ? (await sources.registry.shard(about.area)).meters.filter((one) => one.institution === own.id)
    : []
  const subjects = new Set([about.id, ...meters.flatMap(({ id, gateway }) => [id, gateway ?? id])])
  const wanted = ({ value }: { value: Alert }): boolean =>
    stood(value) && (own === undefined || subjects.has(value.subject.id))
  const areas = own ? [about.area] : codesBelow(about)
  const page = { wanted, limit: Number.POSITIVE_INFINITY }
  const [open, closed] = [await openAlerts(sources.state, areas, page), await closedAlerts(sources.state, areas, page)]
  const order = ['critical', 'major', 'minor', 'info']
  const weight = ({ severity }: Alert): number => order.indexOf(severity)
  return [...open, ...closed]
    .map(({ alert }) => alert)
    .toSorted((a, b) => weight(a) - weight(b) || (a.raisedMs ?? 0) - (b.raisedMs ?? 0) || (a.id < b.id ? -1 : 1))
}

/** The area's code and those of all areas below it. */
function codesBelow({ id, areas }: About): string[] {
  const codes = [id]
  for (const code of codes) codes.push(...areas.filter(({ parent }) => parent === code).map((area) => area.code))
  return codes
}

async function accessOf(about: About, sources: ReportSources): Promise<ReportTable[]> {
  if (about.type === 'institution') return []
  const docs = await sources.state.getMany((await shardsBelow(about.id, sources)).map((shard) => accessKey(shard)))
  return docs.length > 0 ? [accessTable(sumAccess(docs.map(({ value }) => value.access)))] : []
}
