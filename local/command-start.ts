// `kilowatch start`: the whole service on this machine.

export interface StartOptions {
  data: string
  port: number
  mqttPort: number
  host: string
  demo: boolean
  web: boolean
  seed: string
}

import { startHost } from './host.ts'

export async function start(options: StartOptions): Promise<void> {
  const host = await startHost(options as never)
  process.stderr.write(`kilowatch: ${host.httpUrl}\n`)
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await stop
  await host.close()
}
