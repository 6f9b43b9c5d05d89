// Says how the meters of an institution are read in the month of a report: how many are silent, how many of their
// events wait for a person, and how much of what is known is estimated (docs/rules/report.md#data-quality).

import type { Alert } from '../../domain/alert/life.ts'
import { dayOf, monthRange } from '../../domain/calendar.ts'
import { ESTIMATED } from '../../domain/hours.ts'
import { isRead, type Meter } from '../../domain/registry/records.ts'
import type { MeteringFigures } from '../../domain/report/institution-tables.ts'
import type { ConsumptionStore } from '../platform.ts'
import type { ReportTime } from './question.ts'

/** The hours of more meters are not read for one report: a county has some 1,200 meters. */
export const ESTIMATED_METERS_MAX = 3000

/** Silent meters and waiting events by meter or gateway, from the alerts that stand when the report is as of. */
export function standingDoubts(alerts: readonly Alert[], asOfMs: number) {
  const silent = new Set<string>()
  const events = new Map<string, number>()
  for (const { kind, subject, finding, raisedMs, state, history } of alerts) {
    const clearedMs = state === 'cleared' ? (history.at(-1)?.atMs ?? 0) : Number.POSITIVE_INFINITY
    if ((raisedMs ?? asOfMs) >= asOfMs || clearedMs < asOfMs) continue
    if (kind === 'gatewayOffline' || kind === 'meterSilent') silent.add(subject.id)
    if (kind === 'registerEvent' || kind === 'registerJump')
      events.set(subject.id, (events.get(subject.id) ?? 0) + (kind === 'registerEvent' ? finding.value : 1))
  }
  return { silent, events }
}

export function meteringOf(
  meters: readonly Meter[],
  { silent, events }: ReturnType<typeof standingDoubts>,
  estimatedShare: number | null,
): MeteringFigures {
  const read = meters.filter(isRead)
  return {
    meters: read.length,
    silent: read.filter(({ id, gateway }) => silent.has(id) || (gateway !== undefined && silent.has(gateway))).length,
    events: meters.reduce((sum, { id }) => sum + (events.get(id) ?? 0), 0),
    estimatedShare,
  }
}

/** Of the known hours of each institution's read meters in the month, the share that is estimated. */
export async function estimatedShares(
  consumption: Pick<ConsumptionStore, 'get'>,
  metersOf: ReadonlyMap<string, readonly Meter[]>,
  { month, asOfMs }: Pick<ReportTime, 'month' | 'asOfMs'>,
): Promise<Map<string, number>> {
  const owner = new Map([...metersOf].flatMap(([id, own]) => own.filter(isRead).map((meter) => [meter.id, id])))
  const counts = new Map<string, { known: number; estimated: number }>()
  const days = await consumption.get([...owner.keys()], dayOf(monthRange(month).fromMs), dayOf(asOfMs - 1) + 1)
  for (const { meter, amounts, flags } of days) {
    const id = owner.get(meter) ?? ''
    const count = counts.get(id) ?? { known: 0, estimated: 0 }
    counts.set(id, count)
    for (const [hour, flag] of flags.entries()) {
      if (Number.isNaN(amounts[hour])) continue
      count.known++
      if (flag === ESTIMATED) count.estimated++
    }
  }
  return new Map([...counts].flatMap(([id, { known, estimated }]) => (known > 0 ? [[id, estimated / known]] : [])))
}
