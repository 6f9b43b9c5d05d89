// InfluxDB for tests: Debian's influxd, with a configuration and data folder of its own, on a free port.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { influxdPath } from '../../bin/install-test-peers.mjs'

const START_MS_MAX = 20_000
export const INFLUX_USER = { user: 'kilowatch', password: 'for tests' }

export interface TestInflux {
  url: string
  /** A new database; `retention` as in InfluxQL, e.g. `30d`. */
  newDatabase(retention?: string): Promise<string>
  close(): Promise<void>
}

export async function startInflux(): Promise<TestInflux> {
  const program = influxdPath()
  if (!program) throw new Error('influxd is missing; "node bin/install-test-peers.mjs" installs it')
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-influx-'))
  const [port, rpcPort] = [await freePort(), await freePort()]
  const path = (name: string): string => JSON.stringify(join(folder, name))
  writeFileSync(
    join(folder, 'influxdb.conf'),
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
dir = ${path('meta')}
[data]
dir = ${path('data')}
wal-dir = ${path('wal')}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = true
log-enabled = false
[monitor]
store-enabled = false
[logging]
level = "error"
`,
  )
  const server = spawn(program, ['-config', join(folder, 'influxdb.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  server.stderr.on('data', (text: Buffer) => {
    told += text
  })
  const url = `http://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    await stop(server)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilUp(url, server)
    await query(url, `CREATE USER ${INFLUX_USER.user} WITH PASSWORD '${INFLUX_USER.password}' WITH ALL PRIVILEGES`)
  } catch (error) {
    await close()
    throw new Error(`influxd did not start: ${told}`, { cause: error })
  }
  let databases = 0
  return {
    url,
    async newDatabase(retention) {
      const name = `db${databases++}`
      await query(url, `CREATE DATABASE ${name}${retention ? ` WITH DURATION ${retention}` : ''}`)
      return name
    },
    close,
  }
}

async function query(url: string, q: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${INFLUX_USER.user}:${INFLUX_USER.password}`).toString('base64')}`
  const body = new URLSearchParams({ q })
  const response = await fetch(`${url}/query`, { method: 'POST', body, headers: { authorization } })
  const text = await response.text()
  if (!response.ok || text.includes('"error"')) throw new Error(`${q}: ${text}`)
}

async function untilUp(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS_MAX
  for (;;) {
    const isUp = await fetch(`${url}/ping`).then(
      ({ status }) => status === 204,
      () => false,
    )
    if (isUp) return
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('it does not answer')
    await sleep(20)
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
