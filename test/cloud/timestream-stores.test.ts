// The contract of functions/platform.ts, proved of the cloud's stores over DynamoDB's wire and a Timestream that keeps
// to the limits that AWS documents.

import { afterAll, beforeAll } from 'vitest'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { openTimestreamConsumption } from '../../cloud/series/timestream/consumption.ts'
import { openTimestreamReadings } from '../../cloud/series/timestream/readings.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { storesContract } from '../platform.contract.ts'
import { startBucket, type TestBucket } from './bucket.ts'
import { startDynamo, type TestDynamo } from './dynamo.ts'
import { DATABASE, startTimestream, type TestTimestream } from './timestream.ts'

let servers: { timestream: TestTimestream; dynamo: TestDynamo; bucket: TestBucket }
beforeAll(async () => {
  servers = { timestream: await startTimestream(), dynamo: await startDynamo(), bucket: await startBucket() }
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
})

let places = 0
storesContract('the stores of the cloud with Timestream', async () => {
  const { timestream, dynamo: server, bucket } = servers
  const [readings, days] = [await timestream.newTable(), await timestream.newTable()]
  const [table, name] = [await server.newTable(), `bucket-${places++}`]
  return {
    async open() {
      const [dynamo, s3] = [server.client(), bucket.client()]
      const objects = openObjectBucket({ s3, bucket: name })
      const ledger = openTouchedLedger({ dynamo, table, now: Date.now })
      const where = { ...timestream.clients(), database: DATABASE }
      return {
        platform: {
          state: openStateTable({ dynamo, table, objects }),
          readings: openTimestreamReadings({ ...where, table: readings, ledger }),
          consumption: openTimestreamConsumption({ ...where, table: days, now: Date.now }),
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
})
