// How much of a figure must be known to be judged, dated. No standard names a limit for this; 90 % is the product's own
// choice, as the coverage that a ranking asks for is (docs/rules/data.md#known-share).

import type { Validity } from './validity.ts'

export interface KnownShareRule extends Validity {
  judgedFrom: number
  sureFrom: number
  source: string
  standIn: boolean
}

export const KNOWN_SHARE_RULES: readonly [KnownShareRule, ...KnownShareRule[]] = [
  {
    judgedFrom: 0.9,
    sureFrom: 0.98,
    validFrom: '1990-01-01',
    source: 'docs/rules/data.md#known-share',
    standIn: true,
  },
]
