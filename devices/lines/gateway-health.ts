// What a gateway's status says of its lines and meters (docs/rules/devices.md#gateway-status): counts, and the meters
// that fail with their reason. Only what changes rarely, because a status is sent anew when it changes.

import type { LineReport } from './lines-source.ts'

/** A status is retained in memory by the broker; the rest is counted. */
const FAILING_SHOWN_MAX = 50

export interface GatewayHealth {
  lines?: { name: string; state: string; reason?: string; meters: number; failing: number }[]
  failing?: { line: string; address: string; ids: string[]; reason: string; detail: string }[]
  problems?: readonly string[]
  /** Version of the configuration that the service sent; absent where the local file's lines are read. */
  configuration?: number
}

export function linesHealth(reports: readonly LineReport[]): GatewayHealth {
  const failing = reports.flatMap(({ name, meters }) =>
    meters
      .filter(({ state }) => state === 'fails')
      .map(({ address, ids, reason, detail }) => ({
        ...{ line: name, address, ids, reason: reason ?? 'silent', detail: detail ?? '' },
      })),
  )
  return {
    lines: reports.map(({ name, state, reason, meters }) => ({
      ...{ name, state, ...(reason !== null && { reason }) },
      ...{ meters: meters.length, failing: meters.filter((meter) => meter.state === 'fails').length },
    })),
    ...(failing.length > 0 && { failing: failing.slice(0, FAILING_SHOWN_MAX) }),
  }
}
