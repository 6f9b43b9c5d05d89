// Resolves the limits of many subjects of one shard. Reads user settings once; subjects without a setting share the
// limits of their kind and institution type.

import type { LimitsReader } from '../../domain/alert/detect.ts'
import type { Limits } from '../../domain/alert/finding.ts'
import { type AlertThreshold, resolveLimits } from '../../domain/alert/threshold.ts'

/** `path`: the shard's area and those above it, nearest first. */
export function limitsReader(thresholds: readonly AlertThreshold[], path: readonly string[]): LimitsReader {
  const set = new Set(thresholds.map(({ subject }) => subject))
  const known = new Map<string, Limits>()
  return {
    of(kind, nearest, institutionType) {
      const own = nearest.filter((id) => set.has(id))
      const key = JSON.stringify([kind, institutionType, own])
      const limits = known.get(key) ?? resolveLimits(kind, { chain: [...own, ...path], institutionType }, thresholds)
      known.set(key, limits)
      return limits
    },
    isSet: (kind, subject) => thresholds.some((one) => one.kind === kind && one.subject === subject),
  }
}
