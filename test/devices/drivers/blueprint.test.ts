// Holds the template of a driver to its own rules, over real HTTP: a driver copied from it starts out right.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { blueprintSource } from '../../../devices/drivers/blueprint.ts'
import type { Reading } from '../../../devices/source.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2026, 10, 23)

/**
 * A device on a real socket; each request takes the next answer, a number or a text, and status 500 when there is none.
 */
async function startMeter(answers: (number | string)[]): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    const answer = answers[asked++]
    response.statusCode = answer === undefined ? 500 : 200
    response.end(typeof answer === 'number' ? JSON.stringify({ energyKwh: answer }) : answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked }
}

/** Lets `rounds` rounds of a minute pass on a clock of its own. */
async function poll(meters: { meter: string; url: string }[], rounds: number) {
  const stopping = new AbortController()
  const warnings: Record<string, unknown>[] = []
  const readings: Reading[] = []
  let nowMs = START_MS
  const source = blueprintSource({
    meters,
    everyMs: MINUTE_MS,
    now: () => nowMs,
    wait: async () => {
      nowMs += MINUTE_MS
      if (nowMs === START_MS + rounds * MINUTE_MS) stopping.abort()
    },
    log: { info() {}, error() {}, warn: (_message, facts = {}) => void warnings.push(facts) },
  })
  for await (const block of source.readings(stopping.signal)) readings.push(...block)
  return { readings, warnings }
}

const reading = (meter: string, minute: number, value: number): Reading => ({
  ...{ meter, value, unit: 'kWh' },
  at: START_MS + minute * MINUTE_MS,
})

it('reads every meter every minute', async () => {
  const [a, b] = [await startMeter([1, 2, 3]), await startMeter([10, 20, 30])]
  const { readings } = await poll(
    [
      { meter: 'A', url: a.url },
      { meter: 'B', url: b.url },
    ],
    3,
  )
  expect(readings).toEqual(
    [0, 1, 2].flatMap((minute) => [reading('A', minute, minute + 1), reading('B', minute, 10 * (minute + 1))]),
  )
})

it('gives nothing for a meter that fails, asks it less and less often, and the others go on', async () => {
  const [broken, sound] = [await startMeter([5]), await startMeter([1, 2, 3, 4, 5, 6, 7, 8, 9])]
  const { readings, warnings } = await poll(
    [
      { meter: 'A', url: broken.url },
      { meter: 'B', url: sound.url },
    ],
    9,
  )
  expect(readings.filter(({ meter }) => meter === 'A')).toEqual([reading('A', 0, 5)])
  expect(readings.filter(({ meter }) => meter === 'B')).toHaveLength(9)
  // Asked at minutes 0, 1, 2, 4 and 8.
  expect(broken.asked()).toBe(5)
  expect(warnings.map(({ failures, retryMs }) => [failures, retryMs])).toEqual([
    [1, MINUTE_MS],
    [2, 2 * MINUTE_MS],
    [3, 4 * MINUTE_MS],
    [4, 8 * MINUTE_MS],
  ])
})

it.each([{ answer: 'no JSON' }, { answer: '{"energyKwh":"12"}' }, { answer: '{"power":12}' }, { answer: 'null' }])(
  'takes $answer for a failure, and the next good answer for a reading',
  async ({ answer }) => {
    const meter = await startMeter([answer, 7])
    const { readings, warnings } = await poll([{ meter: 'A', url: meter.url }], 2)
    expect(readings).toEqual([reading('A', 1, 7)])
    expect(warnings).toHaveLength(1)
  },
)

it('stops in the middle of a request', async () => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const stopping = new AbortController()
  server.once('request', () => stopping.abort())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const source = blueprintSource({ meters: [{ meter: 'A', url }], everyMs: MINUTE_MS })
  const readings: Reading[] = []
  for await (const block of source.readings(stopping.signal)) readings.push(...block)
  expect(readings).toEqual([])
})
