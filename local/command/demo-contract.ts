// Takes the demo's contract through its year while the demo is set up: the same requests that a page sends, each at its
// day in the past.

import { walkContractYear } from '../../devices/demo/contract-year.ts'
import type { DemoProvince } from '../../devices/demo/province.ts'
import { api } from '../../functions/api.ts'
import type { Host } from '../host.ts'
import { callerOf } from './client.ts'

export async function prepareContract({ platform }: Host, { climate, contract, startMs }: DemoProvince): Promise<void> {
  const clock = { nowMs: startMs }
  const call = callerOf(api({ ...platform, now: () => clock.nowMs }))
  await walkContractYear(contract, {
    ...{ temperatureC: climate.temperatureC, startMs },
    call: (atMs, method, path, body) => {
      clock.nowMs = atMs
      return call(method, path, body)
    },
  })
}
