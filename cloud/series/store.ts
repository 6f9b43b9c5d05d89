// The contract of a series store in AWS: readings and consumption, opened from the environment. Each store has a folder
// here, whose `store.ts` exports it; `stores.ts` is the table of all.

import type * as z from 'zod'
import type { ConsumptionStore, ReadingStore } from '../../functions/platform.ts'
import type { TouchedLedgerOptions } from './touched-ledger.ts'

export interface SeriesStore {
  /** The environment variables that only this store reads. */
  variables: Readonly<Record<string, z.ZodType>>
  /** `ledger`: options of the ledger of arrived readings. Throws an Error that names a missing or invalid variable. */
  readings(ledger: TouchedLedgerOptions): ReadingStore
  /** `now`: epoch milliseconds. Throws as `readings` does. */
  consumption(now: () => number): ConsumptionStore
}
