// Defines how long finished records are kept, as a setting with defaults. Open alerts, readings, consumption and the
// registry are kept for ever; no setting shortens that.

import * as z from 'zod'

export const retentionSchema = z.object({
  /**
   * Cleared alerts with their history. Three years: a year's targets are checked in the following year, and the check
   * also reads the year before. At least two years, so that a check always finds its own year.
   */
  alertDays: z.number().int().min(731).max(36_500).default(1_096),
  /**
   * Notifications that were sent or given up. A quarter: enough to see who was notified of an item in the last
   * quarterly report; the alert itself records what happened and who acknowledged it.
   */
  notificationDays: z.number().int().min(7).max(3_660).default(90),
})
export type Retention = z.infer<typeof retentionSchema>
