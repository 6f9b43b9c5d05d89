// Raw readings in InfluxDB, over the v1 write and query API.

import type { ReadingStore } from '../functions/platform.ts'
import type { TouchedLedger } from './touched-ledger.ts'

export interface InfluxDatabase {
  /** Base address, e.g. `https://host:8086`. */
  url: string
  database: string
  /** A token (InfluxDB 2 and 3) or a user's name and password; asked for once, at first use. */
  credentials(): Promise<InfluxCredentials | undefined>
  fetch?: typeof fetch
}
export type InfluxCredentials = { token: string } | { user: string; password: string }

export function openInfluxReadings(_: InfluxDatabase & { ledger: TouchedLedger }): ReadingStore {
  throw new Error('being written')
}
