// Records why hours of ended months were settled again, for revisions of closed months that change by it.

import { dayOf, dayStartMs, type Month, monthOf, monthRange, monthsThrough } from '../../domain/calendar.ts'
import type { Trail, TrailEntry } from '../../domain/judge/revision-cause.ts'
import { must } from '../../domain/must.ts'
import { institutionsOf } from '../../domain/registry/dated.ts'
import { UNNAMED_VERSION, VERSION } from '../state/version.ts'
import type { ChangedDays } from './days.ts'
import { resettleKey } from './review.ts'
import type { ShardWork } from './works.ts'

/**
 * The trail by institution. Empty while only the present month changes, and for a shard that was never settled or is
 * rebuilt.
 */
export function settledTrail(work: ShardWork, changed: ChangedDays, nowMs: number): Trail {
  const present = monthOf(nowMs)
  const presentDay = dayOf(monthRange(present).fromMs)
  if (!work.before) return {}
  const touchedOf = new Map(work.touched.map(({ touched }) => [touched.meter, touched]))
  const reopenedOf = new Map(work.resettled.map(({ key, value }) => [key, value]))
  const { meters, by = UNNAMED_VERSION } = work.before.value
  const known = new Set(meters)
  const trail = new Map<string, TrailEntry[]>()
  for (const one of work.all) {
    const { id, formula } = one
    const months = endedMonths(changed.get(id), presentDay)
    if (months.length === 0) continue
    const entries: TrailEntry[] = []
    const touched = touchedOf.get(id)
    // A virtual meter changes with its parts, which carry the cause, unless its own formula changed.
    if (work.anew.has(id) || (formula && work.hasNew)) {
      const change = formula || known.has(id) ? 'changed' : 'registered'
      // Another version has another form of profile, and other rules for what it settles anew.
      if (change === 'changed' && by !== VERSION)
        entries.push({ cause: { kind: 'upgrade', from: by, to: VERSION }, months })
      else entries.push({ cause: { kind: 'meterProfile', meter: id, change }, months })
    } else if (touched) {
      const { meter, fromMs, toMs, count } = touched
      entries.push({ meter, fromMs, toMs, count, months: [must(months[0]), must(months.at(-1))] })
    }
    for (const { event, state, who, atMs, ...range } of reopenedOf.get(resettleKey(id)) ?? []) {
      const near = monthsThrough(monthOf(range.fromMs), monthOf(range.toMs)).filter((month) => months.includes(month))
      entries.push({ cause: { kind: 'review', meter: id, event, state, who, atMs }, months: near })
    }
    if (entries.length === 0) continue
    for (const institution of institutionsOf(one))
      trail.set(institution, [...(trail.get(institution) ?? []), ...entries])
  }
  return Object.fromEntries(trail)
}

/** Months before the present one that contain any of the days, in order. */
function endedMonths(days: ReadonlySet<number> | undefined, presentDay: number): Month[] {
  const ended = [...(days ?? [])].filter((day) => day < presentDay)
  return [...new Set(ended.map((day) => monthOf(dayStartMs(day))))].sort()
}
