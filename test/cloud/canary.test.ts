// The canary over the handlers and queues of AWS: its age stays small while all works, and grows when anything between
// the rule and the hours stands still.

import { expect, test } from 'vitest'
import { canary } from '../../cloud/canary.ts'
import { signedAddress } from '../../cloud/iot-socket.ts'
import { MINUTE_MS } from '../../domain/calendar.ts'
import { AREAS, institution, meter, openTestPlatform, register } from '../functions/province.ts'
import { NO_LOG, openCloudHost, withinRights } from './cloud-host.ts'

/** An area without one above it: nothing of it is part of the province's sums. */
const PLACE = { code: '999999', name: '值守', nameEn: 'Watch', level: 'county' } as const

async function opened() {
  const stores = await openTestPlatform()
  await register(stores, {
    ...{ areas: [...(AREAS ?? []), PLACE], institutions: [institution('watch', '999999')] },
    gateways: [{ id: 'canary', institution: 'watch' }],
    meters: [{ ...meter('canary-E1', 'watch'), gateway: 'canary' }],
  })
  const host = await openCloudHost(stores, stores.clock)
  const ages: (number | undefined)[] = []
  const run = canary({
    state: withinRights(stores.state, 'canary'),
    ...{ gateway: 'canary', meter: 'canary-E1', log: NO_LOG, now: stores.now },
    publish: async (payload) => host.publish('canary', payload, stores.now()),
    count: ({ CanaryAge }) => ages.push(CanaryAge),
  })
  /** Turns of five minutes, between which the functions run, unless they stand still. */
  const watch = async (turns: number, isWorking = true): Promise<void> => {
    for (let n = 0; n < turns; n++, stores.clock.nowMs += 5 * MINUTE_MS) {
      await run()
      if (isWorking) await host.drain()
    }
  }
  return { ages, watch }
}

test('its readings become hours within a turn', async () => {
  const { ages, watch } = await opened()
  await watch(5)
  expect(ages).toEqual([300, 300, 300, 300])
})

test('its age grows beyond the alarm while functions stand still, and is small once they caught up', async () => {
  const { ages, watch } = await opened()
  await watch(3)
  await watch(4, false)
  expect(ages.at(-1)).toBe(1_200)
  await watch(2)
  expect(ages.at(-1)).toBe(300)
})

test('an address is signed as Signature Version 4 says', () => {
  const address = signedAddress({
    ...{ endpoint: 'abc-ats.iot.cn-north-1.amazonaws.com.cn', region: 'cn-north-1', nowMs: Date.UTC(2026, 10, 29) },
    keys: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'a+b/c=' },
  })
  // As @smithy/signature-v4 5.7.5 presigns it; the token follows.
  const signature = 'f45ff368aed2448b8124244bec8d0cc7b4b6ca56309650abfd59e17da9815d3d'
  expect(address).toMatch(
    new RegExp(`&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}&X-Amz-Security-Token=a%2Bb%2Fc%3D$`),
  )
})
