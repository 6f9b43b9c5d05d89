// The queue in memory beyond what every platform must do: which queue goes first, that none waits for ever, that it
// stops.

import { expect, test } from 'vitest'
import type { QueueName } from '../../functions/platform.ts'
import { localFanOut } from '../../local/fan-out.ts'

const DONE = { failed: [] }

test('serves what others wait for first', async () => {
  const fanOut = localFanOut()
  const served: QueueName[] = []
  for (const queue of ['rollup', 'assess', 'settle'] as const) await fanOut.send(queue, ['a'])
  await new Promise<void>((resolve) => {
    for (const queue of ['rollup', 'assess', 'settle'] as const) {
      fanOut.serve(queue, async () => {
        served.push(queue)
        if (served.length === 3) resolve()
        return DONE
      })
    }
  })
  expect(served).toEqual(['settle', 'assess', 'rollup'])
  await fanOut.stop()
})

test('lets no queue wait for ever while there is always something to settle', async () => {
  const fanOut = localFanOut(undefined, 50)
  let settled = 0
  fanOut.serve('settle', async () => {
    settled++
    await fanOut.send('settle', ['a'])
    return DONE
  })
  const assessed = new Promise<void>((resolve) => {
    fanOut.serve('assess', async () => {
      await fanOut.send('rollup', ['b'])
      resolve()
      return DONE
    })
  })
  const rolledUp = new Promise<void>((resolve) => {
    fanOut.serve('rollup', async () => {
      resolve()
      return DONE
    })
  })
  await fanOut.send('settle', ['a'])
  await fanOut.send('assess', ['a'])
  await Promise.all([assessed, rolledUp])
  expect(settled).toBeGreaterThan(1)
  await fanOut.stop()
})

test('a notification that hangs holds up nobody who settles', async () => {
  const fanOut = localFanOut()
  let answer = (): void => undefined
  const hanging = new Promise<typeof DONE>((resolve) => (answer = () => resolve(DONE)))
  const told = new Promise<void>((resolve) => {
    fanOut.serve('notify', () => {
      resolve()
      return hanging
    })
  })
  await fanOut.send('notify', ['a'])
  await told
  await new Promise<void>((resolve) => {
    fanOut.serve('settle', async () => {
      resolve()
      return DONE
    })
    void fanOut.send('settle', ['a'])
  })
  expect(fanOut.busy()).toBe(true)
  answer()
  await fanOut.stop()
})

test('says what failed, and stops without taking it up again', async () => {
  const said: string[] = []
  const fanOut = localFanOut((line) => said.push(line))
  let calls = 0
  const failed = new Promise<void>((resolve) => {
    fanOut.serve('settle', async (shards) => {
      calls++
      resolve()
      return { failed: shards.map((shard) => ({ shard, reason: 'the disk is full' })) }
    })
  })
  await fanOut.send('settle', ['130102'])
  expect(fanOut.busy()).toBe(true)
  await failed
  await fanOut.stop()
  expect([calls, fanOut.busy()]).toEqual([1, false])
  expect(said).toEqual(['settle 130102: the disk is full; will be tried again'])
  await fanOut.send('settle', ['130102'])
  expect(fanOut.busy()).toBe(false)
})
