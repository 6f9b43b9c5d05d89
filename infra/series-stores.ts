// The table of series stores in infra/: the value of `readings` in the context → the store. A row here also needs a
// name in settings.ts and a row in cloud/series/stores.ts.

import { influxConstructs } from './influx.ts'
import type { SeriesConstructs } from './series.ts'
import type { SeriesStoreName } from './settings.ts'
import { timestreamConstructs } from './timestream.ts'

export const seriesConstructs = { influxdb: influxConstructs, timestream: timestreamConstructs } satisfies Record<
  SeriesStoreName,
  SeriesConstructs
>
