// Consumption by meter and day in Timestream for LiveAnalytics.

import type { ConsumptionStore } from '../functions/platform.ts'
import type { TimestreamTable } from './timestream-readings.ts'

/** `now`: epoch milliseconds; of two writes of a day the later holds. */
export function openTimestreamConsumption(_: TimestreamTable & { now(): number }): ConsumptionStore {
  throw new Error('being written')
}
