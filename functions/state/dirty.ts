// Which months of which subjects must be judged anew, and why: written by the step before, read and cleared by the step
// after. A mark is cleared only in the version that was read, so that what arrives in between is never lost.

import { joinedTrail, type Trail } from '../../domain/judge/revision-cause.ts'
import { DERIVED, type DocWrite, docKey, type StateStore, VersionConflict } from '../platform.ts'

/** How often a mark is tried again when someone else wrote it in between. */
const ATTEMPTS = 5

/** Months by subject, e.g. {"130102-0007": ["2026-10", "2026-11"]}. */
export type DirtyMonths = Record<string, string[]>
/** What lies under an area and waits: institutions of a shard, or child areas of a city or province. */
export const dirtyKey = (area: string) => docKey<DirtyMonths>(`dirty/${area}`)
/** Why, for months that have ended: the present one changes all the time, and needs no reason. */
const trailKey = (area: string) => docKey<Trail>(`trail/${area}`)

/** Adds marks to those that stand, and their causes. Throws VersionConflict when it lost the race ATTEMPTS times. */
export async function addDirtyMonths(
  state: StateStore,
  area: string,
  months: ReadonlyMap<string, Iterable<string>>,
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
 * Works on the marks that stand and clears them when the work is done. Marks made meanwhile stay, and so do those
 * worked on, because whoever made or cleared marks meanwhile may have been overwritten: then VersionConflict, to be
 * tried again. Returns what the work made; undefined when there was nothing to do.
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
