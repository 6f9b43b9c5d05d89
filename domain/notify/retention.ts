// How long what is over is kept, as a setting with its defaults. Open alerts, readings, consumption and the registry
// are kept for ever, and no setting shortens that.

import * as z from 'zod'

export const retentionSchema = z.object({
  /**
   * Cleared alerts with their history. Three years: a year's targets are checked in the year after, and whoever checks
   * looks at the year before as well. Never less than two, so that no check finds its own year gone.
   */
  alertDays: z.number().int().min(731).max(36_500).default(1_096),
  /**
   * Notifications that were sent or given up. A quarter: long enough to ask who was told of something in the last
   * quarterly report; what happened and who took it in hand stands in the alert.
   */
  notificationDays: z.number().int().min(7).max(3_660).default(90),
})
export type Retention = z.infer<typeof retentionSchema>
