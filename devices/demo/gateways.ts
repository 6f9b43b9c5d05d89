// Runs the demo's gateways in a process of their own, like real ones: simulated meters, real outboxes, real MQTT. The
// parent process sends its input; it ends when the parent is gone.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '../gateway.ts'
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

process.once('message', (input: DemoGatewaysInput) => {
  const simulator = new Simulator(demoProvince(input))
  mkdirSync(input.folder, { recursive: true })
  const running = input.gateways.map(({ id, password, sinceMs }) =>
    startGateway({
      id,
      password,
      url: input.url,
      source: simulator.source(id, { intervalSeconds: input.intervalSeconds, sinceMs }),
      outbox: { file: join(input.folder, `${id}.outbox`) },
    }),
  )
  const stop = (): void => {
    Promise.all(running.map((gateway) => gateway.stop())).finally(() => process.exit())
  }
  process.once('disconnect', stop)
  // Ctrl-C reaches the whole process group; the parent disconnects when it is done, and only then this process stops.
  process.on('SIGINT', () => undefined)
  process.once('SIGTERM', stop)
})
