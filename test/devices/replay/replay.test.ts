// Recorded series over a real broker: each reading counted once, whatever copies and order they go out in.

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ReplayOptions, type ReplayProgress, runReplay } from '../../../devices/replay/replay.ts'
import type { Reading } from '../../../devices/source.ts'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { type Broker, startBroker, temporaryFolder } from '../broker.ts'

const START_MS = Date.UTC(2016, 0, 1)
const HOURS = 1_230

/** Two gateways; the first has a meter with a gap, the second two meters. 3 × 1,230 hours, 100 of them missing. */
const gateways: ReplayOptions['gateways'] = [
  { id: 'Cockatoo_education_Brigitte', password: 'a', meters: [{ meter: 'E1', ...hours(1, 100) }] },
  {
    id: 'B',
    password: 'b',
    meters: [
      { meter: 'E2', unit: 'kWh', ...hours(2) },
      { meter: 'E3', ...hours(3) },
    ],
  },
]
const TOTAL = 3 * HOURS - 100

function hours(factor: number, missing = 0) {
  const atMs = Float64Array.from({ length: HOURS }, (_, hour) => START_MS + hour * HOUR_MS)
  return { atMs, value: atMs.map((_, hour) => (hour >= 50 && hour < 50 + missing ? Number.NaN : hour * factor)) }
}

async function replay(broker: Broker, options: Partial<ReplayOptions> = {}) {
  const progress: ReplayProgress[] = []
  const folder = temporaryFolder()
  const onProgress = (each: ReplayProgress) => void progress.push(each)
  const result = await runReplay({ url: broker.url, gateways, folder, readingsPerMessage: 100, onProgress, ...options })
  return { result, progress, folder }
}

const key = ({ meter, at, value }: Reading): string => `${meter} ${at} ${value}`
const readingsOf = (broker: Broker, gateway: string): Reading[] =>
  broker.heard.filter(({ topic }) => topic === `kw/v1/${gateway}/readings`).flatMap(({ readings }) => readings)
const allKeys = (broker: Broker): string[] => broker.heard.flatMap(({ readings }) => readings.map(key))
const expectedKeys = (): string[] =>
  gateways.flatMap(({ meters }) =>
    meters.flatMap(({ meter, atMs, value }) =>
      [...value.entries()]
        .filter(([, each]) => !Number.isNaN(each))
        .map(([row, each]) => key({ meter, at: atMs[row], value: each })),
    ),
  )

describe('replay', () => {
  it('sends every reading that exists once, by time, each gateway on its own topic, and empties the outboxes', async () => {
    const broker = await startBroker({ passwords: { Cockatoo_education_Brigitte: 'a', B: 'b' } })
    const { result, progress, folder } = await replay(broker)
    expect(result).toEqual({ total: TOTAL, sent: TOTAL, acknowledged: TOTAL })
    expect(progress.at(-1)).toEqual(result)
    expect(allKeys(broker).sort()).toEqual(expectedKeys().sort())
    for (const { id } of gateways) {
      const times = readingsOf(broker, id).map(({ at }) => Number(at))
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }
    expect(readingsOf(broker, 'B').slice(0, 2)).toEqual([
      { meter: 'E2', at: START_MS, value: 0, unit: 'kWh' },
      { meter: 'E3', at: START_MS, value: 0 },
    ])
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.outbox'))
        .sort(),
    ).toEqual(['B.outbox', 'Cockatoo_education_Brigitte.outbox'])
  })

  it('counts a reading once though every message goes out twice', async () => {
    const broker = await startBroker()
    const { result } = await replay(broker, { duplicate: true })
    expect(result).toEqual({ total: TOTAL, sent: TOTAL, acknowledged: TOTAL })
    expect(allKeys(broker).sort()).toEqual([...expectedKeys(), ...expectedKeys()].sort())
  })

  it('shuffles by its seed: the same readings, out of order, the same way each time', async () => {
    const sentWith = async (shuffle: string) => {
      const broker = await startBroker()
      await replay(broker, { shuffle, duplicate: true })
      return readingsOf(broker, 'B').map(key)
    }
    const [first, again, other] = [await sentWith('seed'), await sentWith('seed'), await sentWith('other seed')]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect([...other].sort()).toEqual([...first].sort())
    expect(first).not.toEqual([...first].sort())
  })

  it('goes on from its outboxes after it was aborted', async () => {
    const stopping = new AbortController()
    const folder = temporaryFolder()
    const first = await startBroker({ beforeAck: ({ seq }) => (seq > 3 ? new Promise(() => {}) : undefined) })
    const onProgress = ({ acknowledged }: ReplayProgress) => {
      if (acknowledged >= 300) stopping.abort(new Error('enough'))
    }
    const limits = { stopMsMax: 50 }
    await expect(replay(first, { folder, signal: stopping.signal, onProgress, limits })).rejects.toThrow(
      /stopped|enough/,
    )
    const second = await startBroker()
    const { result } = await replay(second, { folder })
    expect(result.acknowledged).toBe(TOTAL)
    expect(new Set(allKeys(second))).toEqual(new Set(expectedKeys()))
  })

  it('fails when the broker refuses a gateway', async () => {
    const broker = await startBroker({ passwords: { B: 'b' } })
    await expect(replay(broker)).rejects.toThrow(/refuses gateway Cockatoo_education_Brigitte/)
  })
})
