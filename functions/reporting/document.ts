// Makes the document of a report from what is stored: judged months, registry, alerts. Reads a province county by
// county and keeps only the rows of its institutions.

import type { Alert } from '../../domain/alert/life.ts'
import { addMonths, dayLabel, dayOf, type Month, monthRange } from '../../domain/calendar.ts'
import { sumAccess } from '../../domain/energy/access.ts'
import { byMonth } from '../../domain/energy/subject-month.ts'
import { INTENSITY_INDICATORS, type Indicator } from '../../domain/indicator.ts'
import type { DualControl } from '../../domain/judge/result.ts'
import { must } from '../../domain/must.ts'
import { areasIn } from '../../domain/registry/area.ts'
import type { Area } from '../../domain/registry/records.ts'
import { checkHighlights, mergeFindings, noFindings } from '../../domain/report/check-tables.ts'
import { reportUnits } from '../../domain/report/column.ts'
import { costsTable } from '../../domain/report/cost-table.ts'
import type { ReportDocument, ReportRow, ReportTable } from '../../domain/report/document.ts'
import { periodsOf } from '../../domain/report/figures.ts'
import { accessTable, alertsTable, methodsTable, submissionsTable } from '../../domain/report/handling-tables.ts'
import { institutionTables, noInstitutionRows } from '../../domain/report/institution-tables.ts'
import { hasSubmitted, TASK_STATES, taskStateOf } from '../../domain/report/life.ts'
import { spotCheckTable } from '../../domain/report/spot-check.ts'
import {
  areasTable,
  carbonTable,
  energyTable,
  firstPage,
  headlineOf,
  highlightsOf,
  mergeTypeSum,
  monthlyTable,
  noTypeSum,
  type Rank,
  type ReportedSubject,
  renewableTable,
  typesTable,
} from '../../domain/report/subject-tables.ts'
import { traced } from '../../domain/report/trace.ts'
import { TYPE_WORDS } from '../../domain/report/words.ts'
import { columnOf, keysOf } from '../../domain/table.ts'
import { accessKey } from '../judging/access.ts'
import { dualControlOf, subjectMonths } from '../judging/judgement.ts'
import { areaLedgerOf, ledgerOf } from '../judging/ledger.ts'
import { parentOf, shardsBelow } from '../registry/reader.ts'
import { alertsStoodIn } from './alerts.ts'
import { partsWithReports } from './due.ts'
import { checkSettings, formKeys } from './form-store.ts'
import { formTables, type ShardForms, shardRules } from './forms.ts'
import { methodsOf } from './methods.ts'
import { type About, type ReportQuestion, ReportRefusal, type ReportSources, type ReportTime } from './question.ts'
import { partsInTurn, type ReportParts } from './shard-part.ts'

/** `parts`: where the parts of shards are made; absent: one after the other in this thread. */
type DocumentSources = ReportSources & { parts?: ReportParts | undefined }

/** Throws ReportRefusal for a month that has not begun, and for a subject that is not registered. */
export async function reportDocument(question: ReportQuestion, sources: DocumentSources): Promise<ReportDocument> {
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
  const settings = await checkSettings(sources.state)
  const alerts = await alertsOf(about, asked, sources)
  const { rows, types, names, findings, forms } = await addedParts(about, asked, sources)
  const rules = await shardRules(about.area, { month, settings }, sources)
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
    ...(isArea ? [typesTable(new Map(keysOf(types).map((type) => [TYPE_WORDS[type], types[type]])), units)] : []),
    energyTable(subject, month),
    monthlyTable(subject, month, units),
    costsTable(subject, units),
    ...ofInstitutions,
    carbonTable(ledger),
    renewableTable(subject, units),
    alertsTable(alerts, (id) => names.get(id) ?? id),
    ...(await accessOf(about, sources)),
    ...(await submissionsOf(about, month, sources)),
    ...(await spotCheckOf(about, { month, nameOf: (id) => names.get(id) ?? id }, sources)),
    ...formTables(about, month, { parts: forms, findings, rules }),
    methodsTable(await methodsOf(about, { month, lastDay: dayLabel(dayOf(asOfMs - 1)) }, sources)),
  ]
  const institutionsOver = new Set(over.rows.map(({ cells }) => cells[0])).size
  return {
    version: 1,
    subject: { type: question.type, id: question.id, name: about.name },
    month,
    asOfMs,
    headline: headlineOf(subject, { month, overQuota: institutionsOver }),
    highlights: [...highlightsOf(children, { over, quality: tableOf('quality') }), ...checkHighlights(findings)],
    tables: tables.map((table) => traced(table, question, month)),
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

async function subjectOf({ type, id, month }: ReportQuestion, { registry }: ReportSources): Promise<About> {
  const all = await registry.areas()
  const areas = areasIn(all, month)
  if (type === 'area') {
    const area = areas.find(({ code }) => code === id) ?? all.find(({ code }) => code === id)
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
    months: byMonth(months),
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

/** The parts of a report added up, and the names of its institutions and areas. */
async function addedParts(about: About, { month, asOfMs }: ReportTime, sources: DocumentSources) {
  const rows = noInstitutionRows()
  const types = columnOf(TYPE_WORDS, noTypeSum)
  const findings = noFindings()
  const forms: ShardForms[] = []
  const names = new Map(about.areas.map(({ code, name }) => [code, name]))
  const shards = about.institution ? [about.area] : await shardsBelow(about.id, sources)
  const institution = about.institution && { institution: about.institution.id }
  const asked = shards.map((shard) => ({ shard, month, asOfMs, withEstimates: shards.length === 1, ...institution }))
  const { parts = partsInTurn(sources) } = sources
  const shared = sharedTexts()
  for await (const part of parts(asked)) {
    for (const { cells } of part.rows.institutions) names.set(String(cells[0]), String(cells[1]))
    for (const table of keysOf(rows)) for (const row of part.rows[table]) rows[table].push(shared(row))
    for (const type of keysOf(types)) mergeTypeSum(types[type], part.types[type])
    mergeFindings(findings, part.forms.findings)
    const { sums, own } = part.forms
    forms.push({ shard: part.shard, forms: { sums, own } })
  }
  return { rows, types, names, findings, forms }
}

/**
 * Makes equal texts of rows one text: the names of an institution stand in ten rows, words in all, and a part that was
 * made elsewhere brings each of them anew.
 */
function sharedTexts(): (row: ReportRow) => ReportRow {
  const known = new Map<string, string>()
  const textOf = (text: string): string => {
    const one = known.get(text) ?? text
    if (one === text) known.set(text, text)
    return one
  }
  return (row) => {
    const { cells } = row
    for (const [place, cell] of cells.entries()) if (typeof cell === 'string') cells[place] = textOf(cell)
    return row
  }
}

/** The alerts of the month: of an area and all below it, or of an institution with its meters and gateways. */
async function alertsOf(about: About, { month }: ReportTime, { state, registry }: ReportSources): Promise<Alert[]> {
  const own = about.institution
  if (!own) return alertsStoodIn(state, codesBelow(about), month)
  const meters = (await registry.shard(about.area)).meters.filter((one) => one.institution === own.id)
  const subjects = new Set([about.id, ...meters.flatMap(({ id, gateway }) => [id, gateway ?? id])])
  return (await alertsStoodIn(state, [about.area], month)).filter(({ subject }) => subjects.has(subject.id))
}

async function submissionsOf({ type, id }: About, month: Month, sources: ReportSources): Promise<ReportTable[]> {
  if (type === 'institution') return []
  const parts = await partsWithReports(sources, id, month)
  const rows = parts.map(({ part, report }) => {
    return { ...part, state: TASK_STATES[taskStateOf(report)].name.zh, hasSubmitted: hasSubmitted(report) }
  })
  return [submissionsTable(rows)]
}

/** The draw of the year, once it was made. */
async function spotCheckOf(
  { type, id }: About,
  { month, nameOf }: { month: Month; nameOf: (id: string) => string },
  { state }: ReportSources,
): Promise<ReportTable[]> {
  if (type === 'institution') return []
  const drawn = await state.get(formKeys.spotCheck(id, month.slice(0, 4)))
  return drawn ? [spotCheckTable(drawn.value, nameOf)] : []
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
