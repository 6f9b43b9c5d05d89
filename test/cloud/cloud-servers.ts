// Other platforms over stores of the cloud: influxd or a stand-in for Timestream, DynamoDB's wire and a bucket.

import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openInfluxConsumption } from '../../cloud/series/influx/consumption.ts'
import { openInfluxReadings } from '../../cloud/series/influx/readings.ts'
import { openTimestreamConsumption } from '../../cloud/series/timestream/consumption.ts'
import { openTimestreamReadings } from '../../cloud/series/timestream/readings.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import type { Platform } from '../../functions/platform.ts'
import { startBucket } from './bucket.ts'
import { startDynamo } from './dynamo.ts'
import { INFLUX_USER, startInflux } from './influx.ts'
import { DATABASE, startTimestream } from './timestream.ts'

export const SERIES = ['influxdb', 'timestream'] as const

export interface CloudServers {
  /** The platform's queues over new stores of the cloud. */
  inCloud(base: Platform, series: (typeof SERIES)[number]): Promise<Platform>
  close(): Promise<void>
}

/** `now`: epoch milliseconds. */
export async function startCloudServers(now: () => number): Promise<CloudServers> {
  const servers = {
    influx: await startInflux(),
    timestream: await startTimestream(now),
    dynamo: await startDynamo(),
    bucket: await startBucket(),
  }
  const clients: { destroy(): void }[] = []
  return {
    async inCloud(base, series) {
      const [dynamo, s3, table] = [servers.dynamo.client(), servers.bucket.client(), await servers.dynamo.newTable()]
      clients.push(dynamo, s3)
      const objects = openObjectBucket({ s3, bucket: table })
      const ledger = openTouchedLedger({ dynamo, table, now })
      const stores = { ...base, now, objects, state: openStateTable({ dynamo, table, objects }) }
      if (series === 'influxdb') {
        const database = await servers.influx.newDatabase()
        const where = { url: servers.influx.url, database, credentials: async () => INFLUX_USER }
        const consumption = openInfluxConsumption(where)
        return { ...stores, readings: openInfluxReadings({ ...where, ledger }), consumption }
      }
      const where = { ...servers.timestream.clients(), database: DATABASE, now, ledger }
      const [readings, days] = [await servers.timestream.newTable(), await servers.timestream.newTable()]
      return {
        ...stores,
        readings: openTimestreamReadings({ ...where, table: readings }),
        consumption: openTimestreamConsumption({ ...where, table: days }),
      }
    },
    async close() {
      for (const client of clients) client.destroy()
      for (const server of Object.values(servers)) await server.close()
    },
  }
}
