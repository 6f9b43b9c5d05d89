// What is looked at once a day: judgements of areas and institutions against their limits, and, some institutions at a
// time, a month of hours of their meters (alert-meters.ts). What assess has judged in the same run is not judged again.

import { dualControlAtRisk, dualControlOver, quotaExceeded, quotaPredicted } from '../../domain/alert/detect-judged.ts'
import type { AlertKind, AlertSubject, Asked, Finding } from '../../domain/alert/finding.ts'
import { addMonths, DAY_MS, type Month, monthOf, monthRange, yearOf, yearRange } from '../../domain/calendar.ts'
import { quotaPace } from '../../domain/judge/quota-pace.ts'
import type { DualControl } from '../../domain/judge/result.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { dualControlOf, type Judged, judgedYears, latestMonth, quotaOf, subjectMonths } from '../judging/judgement.ts'
import { subjectYearKey } from '../judging/subject-year.ts'
import type { Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import type { LimitsReader } from './limits.ts'
import { hoursFindings, meterLook, type StandingAlerts } from './meters.ts'

/** Whose hours are in memory together, and are looked at before the store gives others a turn: some 20 ms. */
const INSTITUTIONS_PER_LOAD = 50

export interface DailyQuestion {
  shard: string
  limits: LimitsReader
  nowMs: number
  /** Those that stand, by slot. */
  standing: StandingAlerts
  /** By institution; who is missing is judged here. */
  judged?: ReadonlyMap<string, Judged>
}
/** `state` should read each document once (read-once.ts). */
type Ports = Pick<Platform, 'state' | 'consumption'> & { registry: RegistryReader }

/** Dual control of an area. `above`: the surrounding area. */
export async function areaFindings(
  ports: Ports,
  { area, above, ...question }: { area: string; above: string | undefined } & DailyQuestion,
): Promise<Finding[]> {
  const { nowMs } = question
  const month = freshMonth(await latestMonth(ports.state, area, nowMs), nowMs)
  const of = { subject: area, area, profileArea: above, nowMs }
  const status = month ? await dualControlOf(ports.state, ports.registry, { ...of, month }) : null
  return targetFindings(question, { type: 'area', id: area }, status)
}

/** All findings on institutions of a shard and their meters but silence. */
export async function institutionFindings(
  ports: Ports,
  {
    institutions,
    metersOf,
    ...question
  }: { institutions: readonly Institution[]; metersOf: ReadonlyMap<string, readonly Meter[]> } & DailyQuestion,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const years = judgedYears(monthOf(question.nowMs))
  for (let first = 0; first < institutions.length; first += INSTITUTIONS_PER_LOAD) {
    const load = institutions.slice(first, first + INSTITUTIONS_PER_LOAD)
    await ports.state.getMany(load.flatMap(({ id }) => years.map((year) => subjectYearKey(id, year))))
    const look = await meterLook(
      ports,
      load.flatMap(({ id }) => metersOf.get(id) ?? []),
      question.nowMs,
    )
    for (const institution of load) {
      findings.push(
        ...(await judgementFindings(ports, { ...question, institution })),
        ...hoursFindings(look, { ...question, institution, meters: metersOf.get(institution.id) ?? [] }),
      )
    }
  }
  return findings
}

function targetFindings(
  { limits, nowMs }: DailyQuestion,
  subject: AlertSubject,
  status: DualControl | null,
  type?: Institution['type'],
): Finding[] {
  const asked = (kind: AlertKind): Asked => ({ subject, limits: limits.of(kind, [subject.id], type), asOfMs: nowMs })
  const seen = status && withoutEarlyForecasts(status, nowMs)
  return [dualControlAtRisk(asked('dualControlAtRisk'), seen), dualControlOver(asked('dualControlOver'), seen)]
}

/** What January says of the year's end is the weather: until it is over, only what a rolling year measures counts. */
function withoutEarlyForecasts(status: DualControl, nowMs: number): DualControl {
  const { fromMs } = yearRange(yearOf(nowMs))
  if (nowMs - fromMs >= 31 * DAY_MS) return status
  return { ...status, indicators: status.indicators.filter(({ forecastBasis }) => forecastBasis === 'complete') }
}

/** The latest month with data when it is this or the last one: alerts are about now, not about imported history. */
const freshMonth = (month: Month | undefined, nowMs: number): Month | undefined =>
  month !== undefined && month >= addMonths(monthOf(nowMs), -1) ? month : undefined

async function judgementFindings(
  { state, registry }: Ports,
  question: { institution: Institution } & DailyQuestion,
): Promise<Finding[]> {
  const { institution, shard, limits, nowMs } = question
  const subject = { type: 'institution', id: institution.id } as const
  const known = question.judged?.get(institution.id)
  const month = freshMonth(known?.month ?? (await latestMonth(state, institution.id, nowMs)), nowMs)
  if (!month) return targetFindings(question, subject, null, institution.type)
  const of = { subject: institution.id, area: shard, profileArea: shard, month, nowMs }
  const dualControl = known ? known.dualControl : await dualControlOf(state, registry, of)
  const quota = known?.quota ?? (await quotaOf(state, registry, { institution, month, nowMs }))
  const asked = (kind: AlertKind): Asked => ({
    subject,
    limits: limits.of(kind, [institution.id], institution.type),
    asOfMs: nowMs,
  })
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const months = await subjectMonths(state, institution.id, month)
  // The share of elapsed days knows no winter, and a share of a few days is noise: only an own year is a forecast.
  const projected = new Map(
    quotaPace(institution, months, await registry.quotas(), asOfMs)
      .filter(({ basis, share }) => basis === 'ownProfile' && (share ?? 0) >= 1 / 12)
      .map((one) => [one.indicator, one.projected]),
  )
  return [
    ...targetFindings(question, subject, dualControl, institution.type),
    quotaExceeded(asked('quotaExceeded'), quota),
    quotaPredicted(
      asked('quotaPredicted'),
      quota.map((row) => ({ ...row, actual: projected.get(row.indicator) ?? null })),
    ),
  ]
}
