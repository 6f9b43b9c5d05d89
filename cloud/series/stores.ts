// The table of series stores: the name in KILOWATCH_STORE → the store. A new store is a folder beside this file and a
// row here; in infra/ it is a file and two rows (infra/series-stores.ts).

import * as z from 'zod'
import { readerOf } from '../environment.ts'
import { influx } from './influx/store.ts'
import { lake } from './lake/store.ts'
import type { SeriesStore } from './store.ts'
import { timestream } from './timestream/store.ts'

export const seriesStores = { timestream, influxdb: influx, lake } satisfies Record<string, SeriesStore>

const choice = {
  /** The series store chosen at deploy. */
  KILOWATCH_STORE: z.enum(Object.keys(seriesStores) as (keyof typeof seriesStores)[]),
}
const variable = readerOf(choice)

/** The store that the environment names. Throws an Error that names KILOWATCH_STORE when it is missing or unknown. */
export const chosenStore = (): SeriesStore => seriesStores[variable('KILOWATCH_STORE')]

/** All variables of series stores, to check the environment as a whole. */
export const seriesVariables: Readonly<Record<string, z.ZodType>> = Object.assign(
  {},
  choice,
  ...Object.values(seriesStores).map(({ variables }) => variables),
)
