// A gateway without its broker for thirty days, at accelerated time: the outbox stays within its bound on disk, memory
// is flat, and afterwards what is left is delivered, the oldest first, each once.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { startGateway } from '../../devices/gateway.ts'
import { testInCampaign } from '../campaign.ts'
import { freePort, startBroker, temporaryFolder, until } from './broker.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2026, 9, 1)
const METERS = 40
/** A reading of each meter a minute: 1.7 million, of which the outbox holds about 700,000. */
const ROUNDS = 30 * 24 * 60
const BYTES_MAX = 64 * 1024 * 1024
const TEST_MS_MAX = 300_000
const MB = 1e6

testInCampaign(
  'thirty days without a broker',
  async () => {
    const [port, file] = [await freePort(), join(temporaryFolder(), 'g.outbox')]
    const rss: number[] = []
    const gateway = startGateway({
      ...{ id: 'gw-1', url: `mqtt://127.0.0.1:${port}`, outbox: { file, bytesMax: BYTES_MAX } },
      limits: { retryMsMin: 5, retryMsMax: 50, stopMsMax: 500 },
      source: {
        async *readings() {
          for (let round = 0; round < ROUNDS; round++) {
            if (round % (ROUNDS / 30) === 0) rss.push(process.memoryUsage().rss)
            const at = START_MS + round * MINUTE_MS
            yield Array.from({ length: METERS }, (_, meter) => ({
              meter: `M-${meter}`,
              at,
              value: round + meter / 100,
            }))
          }
        },
      },
    })
    onTestFinished(() => gateway.stop())
    gateway.drained().catch(() => {})
    await until('all were offered', () => gateway.figures().offered === ROUNDS * METERS, TEST_MS_MAX)
    const { outbox } = gateway.figures()
    expect(outbox.droppedReadings).toBeGreaterThan(0)
    expect(outbox.readings + outbox.droppedReadings).toBe(ROUNDS * METERS)
    expect(outbox.bytes).toBeLessThanOrEqual(BYTES_MAX)
    expect(statSync(file).size).toBeLessThan(1.25 * BYTES_MAX)
    // The first days fill what V8 keeps; from then on nothing grows with the days.
    const [early, late] = [Math.max(...rss.slice(5, 15)), Math.max(...rss.slice(20))]
    expect((late - early) / MB).toBeLessThan(50)

    const broker = await startBroker({ port })
    await gateway.drained()
    const seqs = broker.heard.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index))
    const times = broker.heard.flatMap(({ readings }) => readings.map(({ at }) => Number(at)))
    expect(times.length).toBe(outbox.readings)
    expect(times.every((at, index) => index === 0 || at >= (times[index - 1] ?? 0))).toBe(true)
    expect(times.at(-1)).toBe(START_MS + (ROUNDS - 1) * MINUTE_MS)
  },
  TEST_MS_MAX,
)
