// The contract of functions/platform.ts, proved of the lake store over DynamoDB's wire and S3's: once with all readings
// young, and once with all of them moved into the lake's files after each append, and merged.

import { afterAll, beforeAll } from 'vitest'
import type { ReadingStore } from '../../functions/platform.ts'
import { storesContract } from '../platform.contract.ts'
import { startBucket } from './bucket.ts'
import { startDynamo } from './dynamo.ts'
import { type LakeServers, newTestLake, openTestLake, tendUnlessBusy } from './lake-place.ts'

let servers: LakeServers
beforeAll(async () => {
  servers = { dynamo: await startDynamo(), bucket: await startBucket() }
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
})

/** The store, whose readings lie in the lake when an append resolves: those of the contract are of closed days. */
function sealing(readings: ReadingStore, seal: (meters: readonly string[]) => Promise<unknown>): ReadingStore {
  const known = new Set<string>()
  return {
    ...readings,
    async append(batch, receivedMs) {
      const refused = await readings.append(batch, receivedMs)
      for (const { meter } of batch) known.add(meter)
      await seal([...known])
      return refused
    },
  }
}

// Documents and objects are those of Timestream’s stores.
for (const isSealed of [false, true]) {
  storesContract(
    `the stores of the cloud with the lake, ${isSealed ? 'sealed' : 'young'}`,
    async () => {
      const lake = await newTestLake(servers)
      return {
        async open() {
          const [dynamo, s3] = [servers.dynamo.client(), servers.bucket.client()]
          const { platform, tend } = openTestLake(lake, { dynamo, s3 })
          const seal = (meters: readonly string[]) => tendUnlessBusy(tend(meters))
          return {
            platform: isSealed ? { ...platform, readings: sealing(platform.readings, seal) } : platform,
            async close() {
              dynamo.destroy()
              s3.destroy()
            },
          }
        },
        async remove() {},
      }
    },
    isSealed ? ['readings'] : ['readings', 'consumption'],
  )
}
