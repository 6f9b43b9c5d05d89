// The table of series stores in infra/: the value of `readings` in the context → the store. A row here and a name in
// settings.ts go with a row of cloud/series/stores.ts.

import { influx } from './influx.ts'
import type { SeriesStore } from './series.ts'
import type { SeriesStoreName } from './settings.ts'
import { timestream } from './timestream.ts'

export const seriesStores = { influxdb: influx, timestream } satisfies Record<SeriesStoreName, SeriesStore>
