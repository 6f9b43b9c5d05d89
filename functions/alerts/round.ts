// Runs one round of alerts for a shard; assess calls it once per run. Checks silence every few minutes, everything else
// once a day. Between these times it costs one read, so it does not slow down a burst of readings.

import type { Round } from '../../domain/alert/detect.ts'
import type { Finding } from '../../domain/alert/kinds.ts'
import {
  type Alert,
  type AlertEvent,
  advanceAll,
  alertSlot,
  escalate,
  isOpen,
  retire,
} from '../../domain/alert/life.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import { inServiceOn } from '../../domain/registry/dated.ts'
import type { Area, Institution, Meter } from '../../domain/registry/records.ts'
import type { Judgement } from '../judging/judgement.ts'
import { DERIVED, docKey, type Platform } from '../platform.ts'
import { parentOf, type RegistryReader } from '../registry/reader.ts'
import { dailyDueMs, isDue } from '../state/due.ts'
import { readOnce } from '../state/read-once.ts'
import { schedules } from '../triggers.ts'
import { areaFindings, institutionFindings } from './daily.ts'
import { limitsReader } from './limits.ts'
import { silenceFindings } from './silence.ts'
import { alertKeys, allThresholds, currentAlerts, recentAlerts, storeAlerts } from './store.ts'

/** When a shard, or an area above shards, was last checked. Deleting it makes the next round a full one. */
export interface AlertMark {
  silenceMs: number
  dailyMs: number
}
export const alertMarkKey = (area: string) => docKey<AlertMark>(`alert-judged/${area}`)

type Ports = Pick<Platform, 'state' | 'consumption'> & { registry: RegistryReader }

/**
 * Data of a shard that assess already holds: its documents of months, each read once, and the judgements of the same
 * instant.
 */
export interface Assessed {
  docs: Platform['state']
  judged: ReadonlyMap<string, Judgement> | undefined
}

/**
 * Judges a county with its institutions, gateways and meters, as far as each check is due; an area above counties
 * alone. `assessed` saves reading and judging again.
 */
export async function judgeAlerts(ports: Ports, area: string, nowMs: number, assessed?: Assessed): Promise<void> {
  const { state, registry } = ports
  const mark = (await state.get(alertMarkKey(area)))?.value
  const isDaily = !mark || dailyDueMs(schedules.dailyAlerts, { area, nowMs }) > mark.dailyMs
  if (!isDaily && !isDue(schedules.silence, { lastMs: mark.silenceMs, nowMs })) return
  const areas = await registry.areas()
  const path = areaPathOf(area, new Map(areas.map((one) => [one.code, one])))
  const { institutions, meters } = inServiceOn(await registry.shard(area), nowMs)
  const typeOf = new Map(institutions.map(({ id, type }) => [id, type]))
  const round = { nowMs, limits: limitsReader(await allThresholds(state), path), typeOf }
  const findings = await silenceFindings(ports, { shard: area, meters, round })
  if (isDaily) {
    const docs = assessed?.docs ?? readOnce(state)
    const of = { area, areas, institutions, meters, judged: assessed?.judged, round }
    findings.push(...(await dailyFindings({ ...ports, state: docs }, of)))
  }
  // Read after everything else, so that an acknowledgement made meanwhile is not overwritten.
  await storeRound(ports, { area, findings, known: subjectsOf(area, institutions, meters), nowMs })
  const value: AlertMark = { silenceMs: nowMs, dailyMs: isDaily ? nowMs : (mark?.dailyMs ?? 0) }
  await state.put([{ key: alertMarkKey(area), value }], DERIVED)
}

async function dailyFindings(
  ports: Ports,
  given: {
    area: string
    areas: readonly Area[]
    institutions: readonly Institution[]
    meters: readonly Meter[]
    judged: Assessed['judged'] | undefined
    round: Round
  },
): Promise<Finding[]> {
  const { area, areas, institutions, meters, judged } = given
  const current = new Map((await currentAlerts(ports.state, area)).map((alert) => [alertSlot(alert), alert]))
  const round = { ...given.round, current }
  const metersOf = Map.groupBy(meters, (meter) => meter.institution)
  return [
    ...(await areaFindings(ports, { area, above: parentOf(area, areas), round })),
    ...(await institutionFindings(ports, { shard: area, institutions, metersOf, judged, round })),
  ]
}

/**
 * Computes and stores the next state of an area's alerts from the findings; escalates alerts that waited too long and
 * retires those whose subject is gone.
 */
async function storeRound(
  { state }: Ports,
  given: { area: string; findings: readonly Finding[]; known: ReadonlySet<string>; nowMs: number },
): Promise<void> {
  const { area, findings, known, nowMs } = given
  const current = await aliveAlerts(state, area)
  const gone = current.filter(({ subject }) => !known.has(`${subject.type} ${subject.id}`))
  const { recent, past } = await recentAlerts(state, area, { current, nowMs })
  const advanced = advanceAll([...current.filter((alert) => !gone.includes(alert)), ...recent], findings, nowMs)
  const changed = new Map(advanced.changed.map((alert) => [alertSlot(alert), alert]))
  const events: AlertEvent[] = [...advanced.events]
  for (const before of current) {
    const alert = changed.get(alertSlot(before)) ?? before
    if (!isOpen(alert)) continue
    const step = gone.includes(before) ? retire(alert, nowMs) : escalate(alert, nowMs)
    events.push(...step.events)
    if (step.alert && step.events.length > 0) changed.set(alertSlot(before), step.alert)
  }
  const dropped = [...advanced.dropped, ...gone.filter(({ state: stood }) => stood === 'pending')]
  await storeAlerts(state, area, { changed: [...changed.values()], dropped, events })
  await state.delete(past)
}

/** Current alerts; removes the open copies that a killed round left after closing their alerts. */
async function aliveAlerts(state: Platform['state'], area: string): Promise<Alert[]> {
  const current = await currentAlerts(state, area)
  const places = await state.getMany(current.filter(isOpen).map(({ id }) => alertKeys.place(id)))
  const closed = new Set(places.filter(({ value }) => value.closed).map(({ key }) => key))
  const isClosed = ({ id }: Alert): boolean => closed.has(alertKeys.place(id))
  await state.delete(current.filter(isClosed).map((alert) => alertKeys.open(area, alertSlot(alert))))
  return current.filter((alert) => !isClosed(alert))
}

const subjectsOf = (area: string, institutions: readonly Institution[], meters: readonly Meter[]): Set<string> =>
  new Set([
    `area ${area}`,
    ...institutions.map(({ id }) => `institution ${id}`),
    ...meters.flatMap(({ id, gateway }) => [`meter ${id}`, `gateway ${gateway}`]),
  ])
