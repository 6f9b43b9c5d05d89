// Computes shares of institutions by what is known of them (接入率).

import { ACCESS_KINDS, type AccessCounts } from '../../../domain/energy/access.ts'

/** Share of the institutions with meters; null without institutions, or where they are not counted yet. */
export function meteredShare(counts: AccessCounts | null): number | null {
  const all = counts ? accessSum(counts, 'institutions') : 0
  return counts && all > 0 ? counts.metered.institutions / all : null
}

/** Sum over the groups; null parts are left out. */
export const accessSum = (counts: AccessCounts, key: 'institutions' | 'floorAreaM2'): number =>
  ACCESS_KINDS.reduce((sum, kind) => sum + (counts[kind][key] ?? 0), 0)

export const shareOf = (part: number | null, all: number): number | null =>
  part === null || all <= 0 ? null : part / all
