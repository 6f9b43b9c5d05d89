// The yearly target by quota, a model: limits 20.0 / 11.9 / 6.5 (docs/rules/dual-control.md#quota-and-target).

import { expect, it } from 'vitest'
import { QUOTA_TARGET_RULE, quotaTarget } from '../../../domain/judge/quota-target.ts'
import type { QuotaStatus } from '../../../domain/judge/result.ts'
import { rate } from '../../../domain/rating.ts'

const limits = { constraint: 20, benchmark: 11.9, guide: 6.5 }
const status = (actual: number | null): QuotaStatus => ({
  ...{ indicator: 'nonHeatingPerArea', unit: 'kgce/m²', actual, knownShare: 1, knownPart: actual, reason: null },
  ...{ provisional: false, rating: actual === null ? null : rate(actual, limits), ...limits, toNextRating: null },
  ...{ standard: 'DB', standIn: true, coefficientSet: 'set' },
})

it.each([
  { actual: 25, target: 24, changePct: -4 },
  { actual: 20, target: 19.6, changePct: -2 },
  { actual: 15, target: 14.7, changePct: -2 },
  { actual: 11.9, target: 11.9, changePct: 0 },
  { actual: 10, target: 10, changePct: 0 },
  { actual: 6.5, target: 6.5, changePct: 0 },
  { actual: 6.45, target: 6.5, changePct: 2 },
  { actual: 6, target: 6.12, changePct: 2 },
])('after $actual a year may use $target', ({ actual, target, changePct }) => {
  const found = quotaTarget(status(actual))
  expect(found.target).toBeCloseTo(target, 9)
  expect(found.changePct).toBe(changePct)
})

it('says nothing of a year that was not judged, and that it is a stand-in', () => {
  expect(quotaTarget(status(null))).toMatchObject({ target: null, changePct: null })
  expect(QUOTA_TARGET_RULE).toMatchObject({ standIn: true, name: expect.stringContaining('stand-in') })
})
