// The contract of a series store in AWS: both of its halves, opened from the environment. Each store has a folder here,
// whose `store.ts` gives one; `stores.ts` is the table of all.

import type * as z from 'zod'
import type { ConsumptionStore, ReadingStore } from '../../functions/platform.ts'
import type { TouchedLedgerOptions } from './touched-ledger.ts'

export interface SeriesStore {
  /** The variables of the environment that it asks for, and nobody else does. */
  variables: Readonly<Record<string, z.ZodType>>
  /** `ledger`: where it keeps what was touched. Throws an Error that names a variable that is missing or wrong. */
  readings(ledger: TouchedLedgerOptions): ReadingStore
  /** `now`: epoch milliseconds. Throws as `readings` does. */
  consumption(now: () => number): ConsumptionStore
}
