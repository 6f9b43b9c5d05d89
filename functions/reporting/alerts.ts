// Reads the alerts that stood in the month of a report.

import type { Alert } from '../../domain/alert/life.ts'
import { type Month, monthRange } from '../../domain/calendar.ts'
import { closedAlerts, openAlerts } from '../alerts/store.ts'
import type { StateStore } from '../platform.ts'

const SEVERITY_ORDER = ['critical', 'major', 'minor', 'info']

/** Alerts that stood at some time of the month, the most severe first. */
export async function alertsStoodIn(state: StateStore, areas: readonly string[], month: Month): Promise<Alert[]> {
  const { fromMs, toMs } = monthRange(month)
  const wanted = (value: Alert): boolean => {
    const clearedMs = value.state === 'cleared' ? (value.history.at(-1)?.atMs ?? 0) : Number.POSITIVE_INFINITY
    return value.state !== 'pending' && (value.raisedMs ?? toMs) < toMs && clearedMs >= fromMs
  }
  const page = { wanted, limit: Number.POSITIVE_INFINITY }
  const [open, closed] = [await openAlerts(state, areas, page), await closedAlerts(state, areas, page)]
  const weight = ({ severity }: Alert): number => SEVERITY_ORDER.indexOf(severity)
  return [...open, ...closed]
    .map(({ alert }) => alert)
    .toSorted((a, b) => weight(a) - weight(b) || (a.raisedMs ?? 0) - (b.raisedMs ?? 0) || (a.id < b.id ? -1 : 1))
}
