// When gateways were last heard, in AWS: few writes, and none that takes a later one back.

import { expect, test } from 'vitest'
import { lambdaGatewayWatch } from '../../cloud/gateway-watch.ts'
import { gatewaysHeard } from '../../functions/alerts/gateways-heard.ts'
import type { MqttMessage, StateStore } from '../../functions/platform.ts'
import { NOON_MS, openTestPlatform } from '../functions/province.ts'

const MINUTE_MS = 60_000
const message = (gateway: string, minute: number, delayed = false): MqttMessage => ({
  id: `${gateway} ${minute}`,
  gateway,
  payload: '',
  receivedMs: NOON_MS + minute * MINUTE_MS,
  delayed,
})

async function opened() {
  const { state } = await openTestPlatform()
  let writes = 0
  const counting: StateStore = {
    ...state,
    async put(docs, options) {
      writes += docs.length
      return state.put(docs, options)
    },
  }
  const heard = async (gateway: string) => ((await gatewaysHeard(state, [gateway])).get(gateway) ?? 0) - NOON_MS
  return { counting, writes: () => writes, heard }
}

test('a gateway that speaks every minute is written down every ten', async () => {
  const { counting, writes, heard } = await opened()
  const watch = lambdaGatewayWatch(counting)
  for (let minute = 0; minute <= 60; minute++) await watch([message('G1', minute), message('G2', minute)])
  expect(writes()).toBeLessThanOrEqual(2 * 7)
  expect(await heard('G1')).toBeGreaterThanOrEqual(50 * MINUTE_MS)
})

test('a message that lay somewhere says when the gateway was heard, but takes nothing later back', async () => {
  const { counting, heard } = await opened()
  const watch = lambdaGatewayWatch(counting)
  await watch([message('G1', 5, true)])
  expect(await heard('G1')).toBe(5 * MINUTE_MS)
  // Another function has noted a later one meanwhile.
  await lambdaGatewayWatch(counting)([message('G1', 90)])
  await watch([message('G1', 20, true)])
  expect(await heard('G1')).toBe(90 * MINUTE_MS)
})
