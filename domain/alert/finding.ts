// Defines the types of every alert kind: the subject, the limits in force, and the verdict on one subject. For every
// kind a higher value is worse, so one hysteresis rule serves all kinds (domain/alert/life.ts).

export const SUBJECT_TYPES = ['institution', 'area', 'meter', 'gateway'] as const
export interface AlertSubject {
  type: (typeof SUBJECT_TYPES)[number]
  /** Institution, meter or gateway id, or area code. */
  id: string
}

/** Limits in force for one subject and kind: the rule's defaults, or the users' thresholds (threshold.ts). */
export interface Limits {
  enabled: boolean
  /**
   * In the rule's unit. Above `raise` the condition holds; at or below `clear` (≤ raise) it is over; in the band
   * between, nothing changes.
   */
  raise: number
  clear: number
  /**
   * Minimum time before raising: the condition is never over in between. Minimum time before clearing: the value never
   * leaves the range at or below `clear`, so the band interrupts it too.
   */
  raiseAfterMinutes: number
  clearAfterMinutes: number
  /**
   * An alert whose condition returns within this time after clearing is reopened. A reopened alert is cleared only
   * after the condition has been over for at least this time. 0: always a new alert.
   */
  reopenWithinMinutes: number
  /** Escalates to the next level each time this passes without an acknowledgement; null: never. */
  escalateAfterMinutes: number | null
  /** Further parameters of the detection; names and units as in the kind's rule. */
  parameters: Readonly<Record<string, number>>
}

/** The input of a detection besides the data: the subject, its limits, and the instant up to which data count. */
export interface Asked {
  subject: AlertSubject
  limits: Limits
  asOfMs: number
}

/** The verdict of a kind on one subject. Null value: too little is known, so it neither raises nor clears. */
export type Detected<Facts> = Asked & ({ value: number; facts: Facts } | { value: null; facts: null })

export const unjudged = ({ subject, limits, asOfMs }: Asked): Detected<never> => ({
  subject,
  limits,
  asOfMs,
  value: null,
  facts: null,
})

/** Throws RangeError when the value is not a finite number: use `unjudged` then. */
export function judged<Facts>(
  { subject, limits, asOfMs }: Asked,
  found: { value: number; facts: Facts },
): Detected<Facts> {
  if (!Number.isFinite(found.value)) throw new RangeError(`alert of ${subject.id}: ${found.value} is no value`)
  return { subject, limits, asOfMs, ...found }
}
