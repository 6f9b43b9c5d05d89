// Runs the demo's gateways in a process of their own, like real ones: simulated meters, some of them behind a wire
// (devices/demo/metered-gateways.ts), real outboxes, real MQTT. The parent process sends its input; it ends when the
// parent is gone.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '../gateway.ts'
import { meteredGateways, openMeteredGateway } from './metered-gateways.ts'
import { demoProvince } from './province.ts'
import { Simulator } from './simulator.ts'

export interface DemoGatewaysInput {
  seed: string
  startMs: number
  /** MQTT broker. */
  url: string
  /** Folder of the outboxes. */
  folder: string
  intervalSeconds: number
  gateways: { id: string; password: string; sinceMs: number }[]
}

process.once('message', async (input: DemoGatewaysInput) => {
  const { intervalSeconds, folder, url } = input
  const simulator = new Simulator(demoProvince(input))
  mkdirSync(folder, { recursive: true })
  const metered = new Set(meteredGateways(simulator))
  const running = input.gateways
    .filter(({ id }) => !metered.has(id))
    .map(({ id, password, sinceMs }) =>
      startGateway({
        ...{ id, password, url, source: simulator.source(id, { intervalSeconds, sinceMs }) },
        outbox: { file: join(folder, `${id}.outbox`) },
      }),
    )
  const stop = (): void => {
    Promise.all(running.map((gateway) => gateway.stop())).finally(() => process.exit())
  }
  process.once('disconnect', stop)
  // Ctrl-C reaches the whole process group; the parent disconnects when it is done, and only then this process stops.
  process.on('SIGINT', () => undefined)
  process.once('SIGTERM', stop)
  for (const { id, password, sinceMs } of input.gateways.filter((one) => metered.has(one.id))) {
    const { source, health } = await openMeteredGateway(simulator, id, { intervalSeconds, sinceMs })
    running.push(startGateway({ id, password, url, source, health, outbox: { file: join(folder, `${id}.outbox`) } }))
  }
})
