// InfluxDB as a series store: readings and consumption in the one database that the environment names.

import { name, readerOf, url } from '../../environment.ts'
import type { SeriesStore } from '../store.ts'
import { openTouchedLedger } from '../touched-ledger.ts'
import { openInfluxConsumption } from './consumption.ts'
import { openInfluxReadings } from './readings.ts'
import { influxCredentials } from './secret.ts'
import type { InfluxDatabase } from './wire.ts'

const variables = {
  /** `https://host:8086` of Timestream for InfluxDB, or of any server with the v1 API. */
  KILOWATCH_INFLUX_URL: url,
  KILOWATCH_INFLUX_DATABASE: name,
  /** Secret whose JSON has `username` and `password`, or `token`. */
  KILOWATCH_INFLUX_SECRET_ARN: name,
}
const variable = readerOf(variables)

export const influx: SeriesStore = {
  variables,
  readings: (ledger) => openInfluxReadings({ ...database(), ledger: openTouchedLedger(ledger) }),
  consumption: () => openInfluxConsumption(database()),
}

const database = (): InfluxDatabase => ({
  url: variable('KILOWATCH_INFLUX_URL'),
  database: variable('KILOWATCH_INFLUX_DATABASE'),
  credentials: () => influxCredentials(variable('KILOWATCH_INFLUX_SECRET_ARN')),
})
