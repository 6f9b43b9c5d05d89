// InfluxDB as a series store: readings and consumption in the one database that the environment names.

import { name, readerOf, url } from '../../environment.ts'
import type { SeriesStore } from '../store.ts'
import { openTouchedLedger } from '../touched-ledger.ts'
import { openInfluxConsumption } from './consumption.ts'
import { openInfluxReadings } from './readings.ts'
import { influxCredentials, keepInfluxToken, secretText } from './secret.ts'
import { renewToken } from './token.ts'
import type { InfluxDatabase } from './wire.ts'

const variables = {
  /** `https://host:8086` of Timestream for InfluxDB, or of any server with the v1 API. */
  KILOWATCH_INFLUX_URL: url,
  KILOWATCH_INFLUX_DATABASE: name,
  /** Secret whose JSON has `username` and `password`, or `token`. */
  KILOWATCH_INFLUX_SECRET_ARN: name,
  /** Secret with the first password, for the function that makes the token. */
  KILOWATCH_INFLUX_PASSWORD_ARN: name,
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

/** Makes a new token and stores it in the secret that functions read; the token before it ends. */
export const makeInfluxToken = async (): Promise<void> =>
  renewToken({
    url: variable('KILOWATCH_INFLUX_URL'),
    database: variable('KILOWATCH_INFLUX_DATABASE'),
    password: await secretText(variable('KILOWATCH_INFLUX_PASSWORD_ARN')),
    keep: (token) => keepInfluxToken(variable('KILOWATCH_INFLUX_SECRET_ARN'), token),
  })
