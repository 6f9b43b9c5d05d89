// Which files of the lake are merged (docs/rules/lake.md#tidying): so many that a read opens few, so seldom that a
// reading is written some four times in all.

import { DAY_MS, type Month, monthRange } from '../../domain/calendar.ts'
import type { LakeFile } from './manifest.ts'

/** Files of a county and month that a read may have to open while the month goes on. */
export const FILES_MAX = 8
/** When late readings of a month have mostly come. */
const CLOSED_AFTER_MS = 3 * DAY_MS
/** A file is merged with those that came after it when it has fewer rows than so many times theirs. */
const RATIO = 2

/** Sets of files to merge, each of one county and month and in order of receipt. */
export function mergesDue(
  files: readonly LakeFile[],
  { nowMs, all = false }: { nowMs: number; all?: boolean },
): LakeFile[][] {
  const groups = Map.groupBy(files, ({ county, month }) => `${county} ${month}`)
  return [...groups.values()].flatMap((group) => {
    const isClosed = all || nowMs > monthRange(monthOfGroup(group)).toMs + CLOSED_AFTER_MS
    if (group.length < 2 || (group.length <= FILES_MAX && !isClosed)) return []
    const own = all ? group : latest(group, group.length > FILES_MAX ? 2 : 1)
    return own.length > 1 ? [own] : []
  })
}

const monthOfGroup = (group: readonly LakeFile[]): Month => group[0]?.month ?? '0-0'

/** The latest files, from the earliest on that is not large beside all that came after it. */
function latest(group: readonly LakeFile[], atLeast: number): LakeFile[] {
  let first = group.length - atLeast
  let rowsAfter = 0
  for (let index = group.length - 1; index >= 0; index--) {
    const own = group[index]?.rows ?? 0
    if (own < RATIO * rowsAfter) first = Math.min(first, index)
    rowsAfter += own
  }
  return group.slice(first)
}
