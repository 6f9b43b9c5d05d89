// The demo's gateways as a process of their own, as gateways are: simulated meters, real outboxes, real MQTT.
// It is told what to do by its parent and ends when the parent is gone.

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
  /** Of the outboxes. */
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
  // Ctrl-C reaches the whole group; the parent disconnects when it is done, and that is when to stop.
  process.on('SIGINT', () => undefined)
  process.once('SIGTERM', stop)
})
