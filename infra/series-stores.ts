// Lists the series stores of infra/: the value of `readings` in the context → the store, the default first. A row here
// goes with a row of cloud/series/stores.ts.

import { influxConstructs } from './influx.ts'
import { lakeConstructs } from './lake.ts'
import type { SeriesConstructs } from './series.ts'
import { timestreamConstructs } from './timestream.ts'

export const seriesConstructs = {
  lake: lakeConstructs,
  influxdb: influxConstructs,
  timestream: timestreamConstructs,
} satisfies Record<string, SeriesConstructs>
export type SeriesStoreName = keyof typeof seriesConstructs
export const SERIES_STORES = Object.keys(seriesConstructs) as SeriesStoreName[]
