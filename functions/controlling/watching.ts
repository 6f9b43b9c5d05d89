// Holds the hours that were just settled against the rules of control in force: part of assess, which reads hours. What
// it finds is sent by the trigger `control`, which reads none (docs/rules/control-rules.md#in-force).

import { DAY_MS, hourStart } from '../../domain/calendar.ts'
import { inForceSinceMs, type StoredRule } from '../../domain/control/stored-rule.ts'
import { newWatch, type RuleWatch, watchedOn } from '../../domain/control/watch.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { type Platform, VersionConflict } from '../platform.ts'
import { daysAround, hoursBetween } from './hours.ts'
import { asStoredRule, controlKeys } from './store.ts'

/** Hours that are older are passed over: a meter that was silent for longer begins anew. */
const WATCHED_MS_MAX = 31 * DAY_MS

type Sources = Pick<Platform, 'state' | 'consumption'>

/** Watches the rules of a county's meters up to `nowMs`. Done again, it changes nothing. */
export async function watchRules(sources: Sources, meters: readonly Meter[], nowMs: number): Promise<void> {
  const own = new Set(meters.map(({ id }) => id))
  for (const doc of await sources.state.query(controlKeys.rule())) {
    const stored = asStoredRule(doc)
    if (stored && own.has(stored.meter) && stored.rule.kind !== 'nightSetBack') await watchRule(sources, stored, nowMs)
  }
}

async function watchRule({ state, consumption }: Sources, stored: StoredRule, nowMs: number): Promise<void> {
  const sinceMs = inForceSinceMs(stored)
  if (sinceMs === null) return
  const { rule, meter, id } = stored
  const key = controlKeys.watch(meter, id)
  const before = await state.get(key)
  const known = before?.value.sinceMs === sinceMs ? before.value : newWatch(sinceMs)
  const startMs = Math.max(known.lookedMs, hourStart(nowMs - WATCHED_MS_MAX))
  const range = { startMs, endMs: hourStart(nowMs) }
  const watch = startMs < range.endMs ? await watched(range) : known
  if (before && JSON.stringify(before.value) === JSON.stringify(watch)) return
  try {
    await state.put([{ key, value: watch satisfies RuleWatch, ifVersion: before?.version ?? 0 }])
  } catch (error) {
    // Another run was first: it saw the same hours, and the next one sees the rest.
    if (!(error instanceof VersionConflict)) throw error
  }

  async function watched(range: { startMs: number; endMs: number }): Promise<RuleWatch> {
    const { fromDay, toDay } = daysAround(range)
    const hours = async (of: string) => hoursBetween(await consumption.get([of], fromDay, toDay), range)
    const load = rule.kind === 'demandLimit' ? await hours(rule.load) : undefined
    return watchedOn(rule, { ...known, lookedMs: range.startMs }, await hours(meter), load)
  }
}
