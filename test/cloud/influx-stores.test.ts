// The contract of functions/platform.ts, proved of the cloud's stores over a real influxd and DynamoDB's wire.

import { afterAll, beforeAll } from 'vitest'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openInfluxConsumption } from '../../cloud/series/influx/consumption.ts'
import { openInfluxReadings } from '../../cloud/series/influx/readings.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { storesContract } from '../platform.contract.ts'
import { startBucket, type TestBucket } from './bucket.ts'
import { startDynamo, type TestDynamo } from './dynamo.ts'
import { INFLUX_USER, startInflux, type TestInflux } from './influx.ts'

let servers: { influx: TestInflux; dynamo: TestDynamo; bucket: TestBucket }
beforeAll(async () => {
  servers = { influx: await startInflux(), dynamo: await startDynamo(), bucket: await startBucket() }
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
})

/** Documents and objects are those of Timestream’s stores. */
const SERIES = ['readings', 'consumption'] as const
let places = 0
storesContract(
  'the stores of the cloud with InfluxDB',
  async () => {
    const { influx, dynamo: server, bucket } = servers
    const [database, table, name] = [await influx.newDatabase(), await server.newTable(), `bucket-${places++}`]
    return {
      async open() {
        const [dynamo, s3] = [server.client(), bucket.client()]
        const objects = openObjectBucket({ s3, bucket: name })
        const ledger = openTouchedLedger({ dynamo, table, now: Date.now })
        const where = { url: influx.url, database, credentials: async () => INFLUX_USER }
        return {
          platform: {
            state: openStateTable({ dynamo, table, objects }),
            readings: openInfluxReadings({ ...where, ledger }),
            consumption: openInfluxConsumption(where),
            objects,
          },
          async close() {
            dynamo.destroy()
            s3.destroy()
          },
        }
      },
      async remove() {},
    }
  },
  SERIES,
)
