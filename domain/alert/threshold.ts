// Resolves the limits of a subject from the users' thresholds and the defaults of the rule table. The nearest threshold
// wins, field by field: subject, institution, county, city, province, default.

import * as z from 'zod'
import type { Institution } from '../registry/records.ts'
import type { Limits } from './finding.ts'
import { ALERT_KINDS, type AlertKind } from './kinds.ts'
import { ALERT_RULES, defaultLimits } from './rules.ts'

/** One year: no waiting time needs to be longer than the period that is judged. */
const MINUTES_MAX = 366 * 24 * 60
const minutes = z.number().int().min(0).max(MINUTES_MAX)

/** One threshold of one kind. Values in the rule's unit. `raise` and `clear` are set together, so that they fit. */
export const alertThresholdSchema = z
  .object({
    /** Meter, gateway or institution id, or area code. */
    subject: z.string().min(1).max(64),
    kind: z.enum(ALERT_KINDS),
    enabled: z.boolean().optional(),
    raise: z.number().optional(),
    clear: z.number().optional(),
    raiseAfterMinutes: minutes.optional(),
    clearAfterMinutes: minutes.optional(),
    reopenWithinMinutes: minutes.optional(),
    escalateAfterMinutes: minutes.min(1).nullable().optional(),
    parameters: z.record(z.string(), z.number()).optional(),
    /** The person who set it, and the reason; for display only. */
    by: z.string().optional(),
    reason: z.string().optional(),
  })
  .refine((t) => (t.raise === undefined) === (t.clear === undefined), {
    path: ['clear'],
    message: 'raise and clear must be given together',
  })
  .refine((t) => t.raise === undefined || t.clear === undefined || t.clear <= t.raise, {
    path: ['clear'],
    message: 'must not be above raise',
  })
  .superRefine((t, context) => {
    const known = ALERT_RULES[t.kind].defaults.parameters
    for (const name of Object.keys(t.parameters ?? {})) {
      if (name in known) continue
      const message = `${t.kind} has no parameter of this name; it has: ${Object.keys(known).join(', ') || 'none'}`
      context.addIssue({ code: 'custom', path: ['parameters', name], message })
    }
  })
export type AlertThreshold = z.infer<typeof alertThresholdSchema>

/**
 * The limits of one subject. `chain`: ids from the subject itself to the province, nearest first. Thresholds of other
 * kinds or of subjects outside the chain are ignored; the last of two thresholds on the same subject wins.
 */
export function resolveLimits(
  kind: AlertKind,
  { chain, institutionType }: { chain: readonly string[]; institutionType?: Institution['type'] },
  thresholds: readonly AlertThreshold[],
): Limits {
  const own = thresholds.filter((threshold) => threshold.kind === kind)
  const farthestFirst = chain.toReversed().flatMap((id) => own.filter(({ subject }) => subject === id))
  return farthestFirst.reduce<Limits>(overlay, defaultLimits(kind, institutionType))
}

const overlay = (limits: Limits, set: AlertThreshold): Limits => ({
  enabled: set.enabled ?? limits.enabled,
  raise: set.raise ?? limits.raise,
  clear: set.clear ?? limits.clear,
  raiseAfterMinutes: set.raiseAfterMinutes ?? limits.raiseAfterMinutes,
  clearAfterMinutes: set.clearAfterMinutes ?? limits.clearAfterMinutes,
  reopenWithinMinutes: set.reopenWithinMinutes ?? limits.reopenWithinMinutes,
  // null means "never", so only undefined is inherited.
  escalateAfterMinutes: set.escalateAfterMinutes === undefined ? limits.escalateAfterMinutes : set.escalateAfterMinutes,
  parameters: { ...limits.parameters, ...set.parameters },
})
