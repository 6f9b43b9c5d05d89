// The words of every alert kind: whom it concerns, the limits in force, and the verdict on one subject. The value of
// every kind is such that more is worse, so one rule of hysteresis serves all (domain/alert/life.ts).

export const SUBJECT_TYPES = ['institution', 'area', 'meter', 'gateway'] as const
export interface AlertSubject {
  type: (typeof SUBJECT_TYPES)[number]
  /** Institution, meter or gateway id, or area code. */
  id: string
}

/** Limits in force for one subject and kind: the defaults of the rule, or what users set (threshold.ts). */
export interface Limits {
  enabled: boolean
  /**
   * In the rule's unit. Above `raise` the condition holds; at or below `clear` (≤ raise) it is over; between, nothing
   * changes.
   */
  raise: number
  clear: number
  /**
   * How long the condition must hold without being over in between, or be over without holding; the band interrupts
   * only the latter.
   */
  raiseAfterMinutes: number
  clearAfterMinutes: number
  /**
   * What comes back this long after it was cleared is the same alert, opened again; from then on it is over only when
   * it has been over for as long. 0: always a new alert.
   */
  reopenWithinMinutes: number
  /** Told to the next level each time this long passes without an acknowledgement; null: never. */
  escalateAfterMinutes: number | null
  /** What else the detection is told; names and units as in the kind's rule. */
  parameters: Readonly<Record<string, number>>
}

/** Beside the data: who is looked at, the limits, and up to when data were looked at. */
export interface Asked {
  subject: AlertSubject
  limits: Limits
  asOfMs: number
}

/** What a kind says of one subject. Without a value too little is known: it neither raises nor clears. */
export type Detected<Facts> = Asked & ({ value: number; facts: Facts } | { value: null; facts: null })

export const unjudged = ({ subject, limits, asOfMs }: Asked): Detected<never> => ({
  subject,
  limits,
  asOfMs,
  value: null,
  facts: null,
})

/** Throws RangeError when the value is no finite number: that is for `unjudged`. */
export function judged<Facts>(
  { subject, limits, asOfMs }: Asked,
  found: { value: number; facts: Facts },
): Detected<Facts> {
  if (!Number.isFinite(found.value)) throw new RangeError(`alert of ${subject.id}: ${found.value} is no value`)
  return { subject, limits, asOfMs, ...found }
}
