// Fills and checks the statistics forms of the institutions of a report, and sums them for an area
// (docs/rules/report.md#forms). Keeps sums and findings, not the forms themselves: a province has 31,600.

import { dayLabel, dayOf, type Month, monthRange } from '../../domain/calendar.ts'
import type { Bill } from '../../domain/energy/bill.ts'
import { type SubjectMonth, sumOfMonths } from '../../domain/energy/subject-month.ts'
import { worstKnownShare } from '../../domain/judge/known-share.ts'
import type { QuotaStatus } from '../../domain/judge/result.ts'
import { must } from '../../domain/must.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import {
  type CheckLimits,
  type CheckSettings,
  checkLimitsOn,
  type Justification,
} from '../../domain/report/check-settings.ts'
import {
  addFindings,
  checkLimitsTable,
  checksTable,
  type Findings,
  findingsTable,
  listedFindings,
  noFindings,
} from '../../domain/report/check-tables.ts'
import { type CheckFinding, checkForms } from '../../domain/report/checks.ts'
import type { ReportTable } from '../../domain/report/document.ts'
import { coalEquivalent } from '../../domain/report/forms/coal-equivalent.ts'
import {
  editionOf,
  periodsOfReport,
  quartersOf,
  type ReportPeriod,
  samePeriodIn,
  yearBefore,
} from '../../domain/report/forms/edition.ts'
import { fillForms } from '../../domain/report/forms/fill.ts'
import {
  addToSummary,
  columnValues,
  emptySummary,
  type FormSummary,
  mergeSummaries,
  type SubordinateRow,
} from '../../domain/report/forms/summary.ts'
import { basicTables, coalTable, subordinateTable, summaryTables } from '../../domain/report/forms/tables.ts'
import { type EnteredForms, entriesIn, type InstitutionForms } from '../../domain/report/forms/values.ts'
import type { CoefficientSet } from '../../domain/standards/coefficients.ts'
import { standardsIn, subjectMonths } from '../judging/judgement.ts'
import { NO_DAYS } from '../judging/subject-year.ts'
import type { StateStore } from '../platform.ts'
import { billsOf } from '../registry/bills.ts'
import { ancestors, type RegistryReader } from '../registry/reader.ts'
import { formKeys } from './form-store.ts'
import type { About } from './question.ts'

/** What is stored of one institution for its forms. */
export interface FormFacts {
  institution: Institution
  meters: readonly Meter[]
  months: readonly SubjectMonth[]
  bills: readonly Bill[]
  entered: EnteredForms
  justifications: readonly Justification[]
}

/** What all institutions of a shard share. */
export interface ShardRules {
  limits: CheckLimits
  settings: CheckSettings
  setOf(period: ReportPeriod): CoefficientSet
}

export async function shardRules(
  shard: string,
  { month, settings }: { month: Month; settings: CheckSettings },
  { registry }: { registry: RegistryReader },
): Promise<ShardRules> {
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const date = dayLabel(dayOf(monthRange(month).toMs - 1))
  return {
    settings,
    limits: checkLimitsOn(date, await registry.path(shard), settings),
    setOf: ({ months }) => standardsIn({ areas, tables }, shard, months.at(-1) ?? month).statistics,
  }
}

/** Reads what the forms of several institutions need beyond their months of two years. */
export async function formFactsOf(
  state: StateStore,
  ids: readonly string[],
  { month, settings: { baseYear } }: { month: Month; settings: CheckSettings },
): Promise<(id: string) => Promise<Omit<FormFacts, 'institution' | 'meters'>>> {
  const year = Number(month.slice(0, 4))
  const years = [...(baseYear === undefined ? [] : [baseYear]), year - 1, year]
  const bills = await billsOf(state, new Map(ids.map((id) => [id, years.map((one) => `${one}-12` as Month)])))
  const entered = new Map((await state.getMany(ids.map(formKeys.entries))).map(({ key, value }) => [key, value]))
  const reasons = new Map((await state.getMany(ids.map(formKeys.justifications))).map(({ key, value }) => [key, value]))
  return async (id) => ({
    months: [
      ...(baseYear === undefined || baseYear >= year - 1
        ? []
        : (await subjectMonths(state, id, `${baseYear}-12` as Month, NO_DAYS)).filter(
            (one) => one.month >= `${baseYear}`,
          )),
      ...(await subjectMonths(state, id, month, NO_DAYS)),
    ],
    bills: bills.get(id) ?? [],
    entered: entered.get(formKeys.entries(id)) ?? {},
    justifications: reasons.get(formKeys.justifications(id)) ?? [],
  })
}

/** The forms of an institution in any period, each filled once; null where it is not in service at the period's end. */
export function formsOfInstitution(facts: FormFacts, { setOf }: Pick<ShardRules, 'setOf'>) {
  const filled = new Map<string, InstitutionForms | null>()
  return (period: ReportPeriod): InstitutionForms | null => {
    const known = filled.get(period.id)
    if (known !== undefined) return known
    const forms = fillForms({ ...facts, period, set: setOf(period), entries: entriesIn(facts.entered, period) })
    filled.set(period.id, forms)
    return forms
  }
}

/** Sums and findings of a shard's forms: a plain JSON value. */
export interface FormPart {
  /** By period of the report, the shortest first. */
  sums: { period: string; summary: FormSummary; institutions: number }[]
  /** Of the longest period. */
  findings: Findings
  /** The forms of the one institution that is reported. */
  own: ReportTable[]
}

/** Adds institutions to a part. `isOwn`: the institution is reported itself, so its forms are kept instead of sums. */
export function openFormPart(month: Month, { asOfMs, isOwn }: { asOfMs: number; isOwn: boolean }) {
  const periods = periodsOfReport(month)
  const sums = periods.map((period) => ({
    period: period.id,
    summary: emptySummary(editionOf(period)),
    institutions: 0,
  }))
  const part: FormPart = { sums, findings: noFindings(), own: [] }
  const add = (facts: FormFacts, quota: readonly QuotaStatus[], rules: ShardRules): void => {
    const formsIn = formsOfInstitution(facts, rules)
    for (const [place, period] of periods.entries()) {
      const forms = formsIn(period)
      const sum = must(sums[place])
      if (!forms) continue
      if (isOwn) part.own.push(...basicTables(forms, period), coalOf(forms.NY201, period, rules))
      else addToSummary(sum.summary, forms)
      sum.institutions++
    }
    for (const period of periods.slice(-1))
      addFindings(part.findings, findingsOf({ ...facts, quota, asOfMs }, period, { formsIn, rules }))
  }
  return { part, add }
}

/** The tables of the forms and checks of a report. `rules`: of the reported subject. */
export function formTables(
  about: About,
  month: Month,
  { parts, findings, rules }: { parts: readonly ShardForms[]; findings: Findings; rules: ShardRules },
): ReportTable[] {
  const periods = periodsOfReport(month)
  const summed = periods.flatMap((period, place) =>
    summedTables(
      about,
      { period, parts: parts.map(({ shard, forms }) => ({ shard, ...must(forms.sums[place]) })) },
      rules,
    ),
  )
  return [
    ...(about.institution ? parts.flatMap(({ forms }) => forms.own) : summed),
    ...periods.slice(-1).flatMap(({ id }) => [checksTable(findings, id), findingsTable(listedFindings(findings), id)]),
    checkLimitsTable(rules.limits),
  ]
}
/** What a report keeps of the forms of a shard. */
export interface ShardForms {
  shard: string
  forms: Pick<FormPart, 'sums' | 'own'>
}

/** The area directly below the subject in which a shard lies; the subject itself when the shard is the subject. */
const childOf = (shard: string, { below, areas, id }: About): string =>
  [shard, ...ancestors(shard, areas)].find((code) => below.some((area) => area.code === code)) ?? id

const coalOf = (values: InstitutionForms['NY201'], period: ReportPeriod, { setOf }: ShardRules): ReportTable => {
  const set = setOf(period)
  return coalTable(coalEquivalent(values, set), { setName: `${set.name}，${set.standard}`, period: period.id })
}

function summedTables(
  about: About,
  { period, parts }: { period: ReportPeriod; parts: readonly (FormPart['sums'][number] & { shard: string })[] },
  rules: ShardRules,
): ReportTable[] {
  const edition = editionOf(period)
  const institutions = new Map<string, number>()
  for (const part of parts) {
    const child = childOf(part.shard, about)
    institutions.set(child, (institutions.get(child) ?? 0) + part.institutions)
  }
  const below = about.below.map(
    ({ code, name }): SubordinateRow => ({ code, name, institutions: institutions.get(code) ?? 0 }),
  )
  const summary = mergeSummaries(
    edition,
    parts.map((part) => part.summary),
  )
  return [
    ...summaryTables(summary, period),
    ...(below.length > 0 ? [subordinateTable(below, { edition, period })] : []),
    coalOf(columnValues(summary, 'NY301'), period, rules),
  ]
}

/** The findings of one institution in the period that is checked; none when it is in no form. */
export function findingsOf(
  { institution, months, justifications, quota, asOfMs }: FormFacts & { quota: readonly QuotaStatus[]; asOfMs: number },
  period: ReportPeriod,
  { formsIn, rules }: { formsIn: ReturnType<typeof formsOfInstitution>; rules: ShardRules },
): CheckFinding[] {
  const forms = formsIn(period)
  if (!forms) return []
  const { baseYear } = rules.settings
  const parts = months.filter((one) => period.months.includes(one.month))
  const part = parts.length > 1 ? sumOfMonths(parts, Math.min(asOfMs, period.toMs)) : parts[0]
  return checkForms(
    {
      ...{ id: institution.id, name: institution.name, forms, before: formsIn(yearBefore(period)), quota },
      base: baseYear === undefined ? null : formsIn(samePeriodIn(baseYear, period)),
      ...(period.kind === 'year' && { quarters: quartersOf(Number(period.id)).map(formsIn) }),
      knownShare: part ? worstKnownShare(part) : null,
    },
    { period: period.id, limits: rules.limits, justifications },
  )
}
