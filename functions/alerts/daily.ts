// Detects the alerts of the daily round: judges areas and institutions against their limits, and loads a month of hours
// of their meters (functions/alerts/meters.ts), some institutions at a time. Does not judge again what assess has
// judged in the same run.

import { detect, type Round } from '../../domain/alert/detect.ts'
import type { Given } from '../../domain/alert/kind.ts'
import type { Finding } from '../../domain/alert/kinds.ts'
import { addMonths, type Month, monthOf, monthRange } from '../../domain/calendar.ts'
import { quotaPace } from '../../domain/judge/quota-pace.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { dualControlOf, type Judgement, latestMonth, quotaOf, readAhead, subjectMonths } from '../judging/judgement.ts'
import { daysToCut } from '../judging/subject-year.ts'
import type { Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { inTurns } from '../state/turns.ts'
import { givenHours, meterLook } from './meters.ts'

/** Institutions per batch: their hours are held in memory. */
const INSTITUTIONS_PER_LOAD = 50
/** Institutions before the event loop gets a turn. */
const INSTITUTIONS_PER_TURN = 8

/** `state` should read each document once (functions/state/read-once.ts). */
type Ports = Pick<Platform, 'state' | 'consumption'> & { registry: RegistryReader }

/** Dual control of an area. `above`: the surrounding area. */
export async function areaFindings(
  { state, registry }: Ports,
  { area, above, round }: { area: string; above: string | undefined; round: Round },
): Promise<Finding[]> {
  const { nowMs } = round
  const month = freshMonth(await latestMonth(state, area, nowMs), nowMs)
  const of = { subject: area, area, profileArea: above, nowMs, onlyTargets: true }
  const dualControl = month ? await dualControlOf(state, registry, { ...of, month }) : null
  return detect('judged', { subject: { type: 'area', id: area }, dualControl, quota: null }, round)
}

/**
 * All findings on a shard's institutions and their meters, except silence. `judged`: by institution; institutions that
 * it lacks are judged here.
 */
export async function institutionFindings(
  ports: Ports,
  given: {
    shard: string
    institutions: readonly Institution[]
    metersOf: ReadonlyMap<string, readonly Meter[]>
    judged?: ReadonlyMap<string, Judgement>
    round: Round
  },
): Promise<Finding[]> {
  const { shard, institutions, metersOf, judged, round } = given
  const { nowMs } = round
  const findings: Finding[] = []
  for (let first = 0; first < institutions.length; first += INSTITUTIONS_PER_LOAD) {
    const load = institutions.slice(first, first + INSTITUTIONS_PER_LOAD)
    const ids = load.map(({ id }) => id)
    await readAhead(ports.state, ids, monthOf(nowMs))
    const loaded = load.flatMap(({ id }) => metersOf.get(id) ?? [])
    const look = await meterLook(ports, loaded, nowMs)
    for await (const institution of inTurns(load, INSTITUTIONS_PER_TURN)) {
      const known = judged?.get(institution.id)
      const meters = metersOf.get(institution.id) ?? []
      findings.push(
        ...detect('judged', await judgementOf(ports, { institution, shard, known, nowMs }), round),
        ...detect('hours', givenHours(look, { institution, meters, nowMs }), round),
      )
    }
  }
  return findings
}

/** The month when it is this or the last one: alerts are about now, not about imported history. */
const freshMonth = (month: Month | undefined, nowMs: number): Month | undefined =>
  month !== undefined && month >= addMonths(monthOf(nowMs), -1) ? month : undefined

async function judgementOf(
  { state, registry }: Ports,
  given: { institution: Institution; shard: string; known: Judgement | undefined; nowMs: number },
): Promise<Given['judged']> {
  const { institution, shard, known, nowMs } = given
  const subject = { type: 'institution', id: institution.id } as const
  const month = freshMonth(known?.month ?? (await latestMonth(state, institution.id, nowMs)), nowMs)
  if (!month) return { subject, dualControl: null, quota: null }
  const question = { subject: institution.id, area: shard, profileArea: shard, month, nowMs, onlyTargets: true }
  const dualControl = known ? known.dualControl : await dualControlOf(state, registry, question)
  const rows = known?.quota ?? (await quotaOf(state, registry, { institution, month, nowMs }))
  const months = await subjectMonths(state, institution.id, month, daysToCut(month))
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const pace = quotaPace(institution, months, await registry.quotas(), asOfMs)
  return { subject, dualControl, quota: { rows, pace } }
}
