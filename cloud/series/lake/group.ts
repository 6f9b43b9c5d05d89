// The groups in which the lake store keeps meters: a group is a partition of DynamoDB, and most messages touch one.

const SUFFIX_CHARS_MAX = 3

/**
 * The group of a meter follows from its id alone: what stands before the last dash or dot, by the convention of ids the
 * institution. Of a longer last name all but three signs stand as well, so that no group grows without end.
 */
export function lakeGroupOf(meter: string): string {
  const suffix = Math.max(meter.lastIndexOf('-'), meter.lastIndexOf('.')) + 1
  return meter.slice(0, Math.max(suffix, meter.length - SUFFIX_CHARS_MAX))
}

/** A partition key is never empty, whatever the group. */
export const readingsPartition = (group: string): string => `reading#${group}`
export const daysPartition = (group: string): string => `day#${group}`
