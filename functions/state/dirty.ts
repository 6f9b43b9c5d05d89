// Marks which months of which subjects must be judged again, and why: the step before writes the marks, the step after
// reads and clears them. It clears a mark only in the version it has read, so that marks made in between are never
// lost.

import type { Month } from '../../domain/calendar.ts'
import { joinedTrail, type Trail } from '../../domain/judge/revision-cause.ts'
import { DERIVED, type DocWrite, docKey, type StateStore, VersionConflict } from '../platform.ts'

/** Attempts to write a mark when others write it at the same time. */
const ATTEMPTS = 5

/** Months by subject, e.g. {"130102-0007": ["2026-10", "2026-11"]}. */
export type DirtyMonths = Record<string, Month[]>
/** Marks below an area: of the institutions of a shard, or of the child areas of a city or province. */
export const dirtyKey = (area: string) => docKey<DirtyMonths>(`dirty/${area}`)
/** Causes, for ended months only: the present one changes all the time and needs no reason. */
const trailKey = (area: string) => docKey<Trail>(`trail/${area}`)

/** Adds marks and their causes to the stored ones. Throws VersionConflict after ATTEMPTS lost races. */
export async function addDirtyMonths(
  state: StateStore,
  area: string,
  months: ReadonlyMap<string, Iterable<Month>>,
  causes: Trail = {},
): Promise<void> {
  if (months.size === 0) return
  for (let attempt = 1; ; attempt++) {
    const stored = await state.get(dirtyKey(area))
    const marks = new Map(Object.entries(stored?.value ?? {}))
    for (const [subject, added] of months) {
      marks.set(subject, [...new Set([...(marks.get(subject) ?? []), ...added])].sort())
    }
    const value: DirtyMonths = Object.fromEntries(marks)
    const docs: DocWrite[] = [{ key: dirtyKey(area), value, ifVersion: stored?.version ?? 0 }]
    if (Object.keys(causes).length > 0) {
      const trail = await state.get(trailKey(area))
      const joined = joinedTrail(trail?.value ?? {}, causes)
      docs.unshift({ key: trailKey(area), value: joined, ifVersion: trail?.version ?? 0 })
    }
    try {
      return await state.put(docs, DERIVED)
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw error
    }
  }
}

/**
 * Works on the stored marks and clears them afterwards. When marks were written or cleared meanwhile, all marks stay,
 * those worked on included, since another pass may have been overwritten: throws VersionConflict, to be tried again.
 * Returns the result of the work; undefined when there was nothing to do.
 */
export async function withDirtyMonths<Made>(
  state: StateStore,
  area: string,
  work: (months: DirtyMonths, trail: Trail) => Promise<Made>,
): Promise<Made | undefined> {
  const stored = await state.get(dirtyKey(area))
  if (!stored || Object.keys(stored.value).length === 0) return undefined
  const trail = await state.get(trailKey(area))
  const causes = trail?.value ?? {}
  const made = await work(stored.value, causes)
  // Emptied, not deleted: a deleted document would start again at version 1 and could be mistaken for the one read.
  const cleared: DocWrite[] = [{ key: dirtyKey(area), value: {}, ifVersion: stored.version }]
  if (trail && Object.keys(causes).length > 0) {
    cleared.unshift({ key: trailKey(area), value: {}, ifVersion: trail.version })
  }
  try {
    await state.put(cleared, DERIVED)
  } catch (error) {
    if (error instanceof VersionConflict) {
      await addDirtyMonths(state, area, new Map(Object.entries(stored.value)), causes)
    }
    throw error
  }
  return made
}
