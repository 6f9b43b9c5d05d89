// Consumption by meter and day in InfluxDB, over the v1 write and query API.

import type { ConsumptionStore } from '../functions/platform.ts'
import type { InfluxDatabase } from './influx-readings.ts'

export function openInfluxConsumption(_: InfluxDatabase): ConsumptionStore {
  throw new Error('being written')
}
