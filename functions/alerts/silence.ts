// Who says nothing: gateways that were heard before, and meters whose gateway still brings readings of others. Looked
// at every few minutes, from one document per shard and one per gateway.

import { gatewayOffline, meterSilent } from '../../domain/alert/detect-hours.ts'
import type { Finding, Limits } from '../../domain/alert/finding.ts'
import { unjudged } from '../../domain/alert/finding.ts'
import { MINUTE_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { type Institution, isRead, type Meter, type ReadMeter } from '../../domain/registry/records.ts'
import type { StateStore } from '../platform.ts'
import { extentsOf, type SettledMark, settledKey } from '../settling/mark.ts'
import { gatewaysHeard, listeningSince } from './gateways-heard.ts'
import type { LimitsReader } from './limits.ts'

export async function silenceFindings(
  state: StateStore,
  of: {
    shard: string
    institutions: readonly Institution[]
    meters: readonly Meter[]
    limits: LimitsReader
    nowMs: number
  },
): Promise<Finding[]> {
  const { limits, nowMs } = of
  const typeOf = new Map(of.institutions.map(({ id, type }) => [id, type]))
  const extents = extentsOf((await state.get<SettledMark>(settledKey(of.shard)))?.value)
  const byGateway = Map.groupBy(of.meters.filter(isRead), ({ gateway }) => gateway)
  const heard = await gatewaysHeard(state, [...byGateway.keys()])
  const sinceMs = await listeningSince(state)
  const findings: Finding[] = []
  for (const [gateway, meters] of byGateway) {
    const lastMs = heard.get(gateway) ?? null
    if (lastMs === null) continue
    const { institution } = must(meters[0])
    const everyMinutes = Math.min(...meters.map(({ intervalMinutes }) => intervalMinutes))
    const own = limits.of('gatewayOffline', [gateway, institution], typeOf.get(institution))
    const asked = { subject: { type: 'gateway', id: gateway } as const, limits: own, asOfMs: nowMs }
    // After a stop of our own a gateway is given as long to be heard again as it would be given to be silent.
    const isEarly = lastMs < sinceMs && nowMs - sinceMs < patienceMs(own, everyMinutes)
    findings.push(
      isEarly ? unjudged('gatewayOffline', asked) : gatewayOffline(asked, { lastMs, everyMinutes }),
      ...meters.map((meter) => silentMeter(meter, lastReadingMs(meters, extents, nowMs))),
    )
  }
  return findings

  function silentMeter(meter: ReadMeter, gatewayHeardMs: number | null): Finding {
    const { id, institution, intervalMinutes: everyMinutes } = meter
    const own = limits.of('meterSilent', [id, institution], typeOf.get(institution))
    const asked = { subject: { type: 'meter', id } as const, limits: own, asOfMs: nowMs }
    return meterSilent(asked, { lastMs: extents.get(id)?.[1] ?? null, everyMinutes, gatewayHeardMs })
  }
}

/**
 * How far the readings of a gateway's meters reach: its word on its meters. The time of its last message would do
 * worse: a gateway that sends what it kept during an outage is heard now, while its readings are old.
 */
function lastReadingMs(
  meters: readonly ReadMeter[],
  extents: ReadonlyMap<string, readonly [number, number]>,
  nowMs: number,
): number | null {
  const lastMs = Math.max(...meters.map(({ id }) => extents.get(id)?.[1] ?? Number.NEGATIVE_INFINITY))
  return Number.isFinite(lastMs) ? Math.min(lastMs, nowMs) : null
}

const patienceMs = ({ raise, parameters: { minutesMin = 0 } }: Limits, everyMinutes: number): number =>
  Math.max(minutesMin, raise * everyMinutes) * MINUTE_MS
