// What strangers cost a host (docs/rules/platform.md#strangers): memory of connections that never say who they are, how
// long a gateway waits beside a storm of wrong passwords, what the time of an answer tells, and what is read of a body
// that was refused. The strangers come from another address of the loopback than the gateway.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { must } from '../domain/must.ts'
import { openPlatform } from '../local/platform.ts'
import { registerFleet } from './fleet.ts'
import { killed, serviceAddress, startedService } from './process.ts'
import { type CostRow, median } from './table.ts'

const STRANGER = '127.0.0.2'
const CONNECTIONS = 600
const CONNECT_BYTES = 3_500_000
const WRONG_PASSWORDS = 1_500
const ASKED_TIMES = 25
const HELD_MESSAGES = 200
const HELD_BYTES = 2_500_000
const BODY_BYTES = 200_000_000
const CHUNK = Buffer.alloc(64 * 1024)
/** A password of this length is stretched, which costs time; those that the service makes are longer and are not. */
const SHORT_PASSWORD = 'a-short-one'

interface Target {
  httpPort: number
  mqttPort: number
  pid: number
  gateway: { id: string; password: string }
}

export async function benchStrangers(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const gateway = await registeredGateway(folder)
  const host = startedService(folder)
  try {
    const { httpUrl, mqttUrl, pid } = await serviceAddress(host, folder)
    const target = { httpPort: Number(new URL(httpUrl).port), mqttPort: Number(new URL(mqttUrl).port), pid, gateway }
    const rows: CostRow[] = []
    for (const measure of [silentConnects, stormOfPasswords, answerTimes, unreleased, refusedBody]) {
      const row = await measure(target, Math.min(1, Math.max(scale, 0.02)))
      say(`${row.what}: ${row.value.toPrecision(3)}, ${row.reference.what}: ${row.reference.value.toPrecision(3)}`)
      rows.push(row)
    }
    return rows
  } finally {
    await killed(host)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function registeredGateway(folder: string): Promise<Target['gateway']> {
  const platform = await openPlatform(folder)
  const size = { counties: 1, institutionsPerCounty: 1, metersPerInstitution: 1, intervalMinutes: 15 }
  const { id } = must((await registerFleet(platform, size))[0])
  await platform.devices.provision([{ id, password: SHORT_PASSWORD }])
  await platform.close()
  return { id, password: SHORT_PASSWORD }
}

/** Connections that send most of a CONNECT and fall silent. */
async function silentConnects({ mqttPort, pid }: Target, scale: number): Promise<CostRow> {
  const count = Math.ceil(CONNECTIONS * scale)
  const before = residentMb(pid)
  let most = before
  const head = Buffer.from([0x10, ...lengthBytes(CONNECT_BYTES)])
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port: mqttPort, localAddress: STRANGER }).on('error', () => {})
    socket.write(head)
    return socket
  })
  for (const socket of sockets) void pour(socket, CONNECT_BYTES - 100)
  for (let look = 0; look < 20; look++) {
    await sleep(100)
    most = Math.max(most, residentMb(pid))
  }
  for (const socket of sockets) socket.destroy()
  return costRow(`${count} silent CONNECTs of 3.5 MB, MB of memory`, most - before, {
    reference: { what: 'MB that they would send', value: (count * CONNECT_BYTES) / 1e6 },
    bar: 50,
    more: {},
  })
}

/** Time in which a gateway signs in while strangers try passwords over HTTP. */
async function stormOfPasswords(target: Target, scale: number): Promise<CostRow> {
  const alone = await signInMs(target)
  const count = Math.ceil(WRONG_PASSWORDS * scale)
  const storm = Array.from({ length: count }, (_, n) => posted(target, `wrong-${n}`, STRANGER))
  await sleep(200)
  const inStorm = await signInMs(target)
  const statuses = await Promise.all(storm)
  return costRow(`a gateway signs in beside ${count} wrong passwords, ms`, inStorm, {
    reference: { what: 'alone', value: alone },
    bar: 5_000,
    more: {
      'answered 401': statuses.filter((status) => status === 401).length,
      'answered 429': statuses.filter((status) => status === 429).length,
    },
  })
}

async function signInMs({ mqttPort, gateway: { id, password } }: Target): Promise<number> {
  const startedMs = performance.now()
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId: id, username: id, password })
  const ms = performance.now() - startedMs
  await client.endAsync()
  return ms
}

/** Whether the time of a refusal tells that a gateway exists. */
async function answerTimes(target: Target, scale: number): Promise<CostRow> {
  const known: number[] = []
  const unknown: number[] = []
  for (let time = 0; time < Math.ceil(ASKED_TIMES * scale); time++) {
    for (const [times, id] of [
      [known, target.gateway.id],
      [unknown, `nobody-${time}`],
    ] as const) {
      const startedMs = performance.now()
      await posted({ ...target, gateway: { id, password: '' } }, `guess-${time}`, '127.0.0.3')
      times.push(performance.now() - startedMs)
    }
  }
  return costRow('a wrong password of an id that nobody has, ms', median(unknown), {
    reference: { what: 'of one that exists', value: median(known) },
    bar: 200,
    more: {},
  })
}

/** Messages with QoS 2 that are sent and never released. */
async function unreleased({ mqttPort, pid, gateway: { id, password } }: Target, scale: number): Promise<CostRow> {
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId: id, username: id, password })
  const before = residentMb(pid)
  let most = before
  const stream = client.stream as Socket
  // The client must not answer PUBREC.
  stream.removeAllListeners('data').on('data', () => undefined)
  const topic = Buffer.from(`kw/v1/${id}/readings`)
  const count = Math.ceil(HELD_MESSAGES * scale)
  for (let message = 1; message <= count && !stream.destroyed; message++) {
    const head = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([0, message])])
    stream.write(Buffer.from([0x34, ...lengthBytes(head.length + HELD_BYTES)]))
    stream.write(head)
    stream.write(Buffer.alloc(HELD_BYTES, message))
    if (stream.writableNeedDrain) await Promise.race([once(stream, 'drain'), once(stream, 'close'), sleep(2_000)])
    most = Math.max(most, residentMb(pid))
  }
  await sleep(1_000)
  const kept = Math.max(0, residentMb(pid) - before)
  client.end(true)
  return costRow(`${count} messages of 2.5 MB with QoS 2, never released, MB kept`, kept, {
    reference: { what: 'MB sent', value: (count * HELD_BYTES) / 1e6 },
    bar: 64,
    more: { 'MB at most': most - before },
  })
}

/** What is taken of a body that is too large. */
async function refusedBody({ httpPort, pid }: Target): Promise<CostRow> {
  const before = residentMb(pid)
  const socket = connect({ host: '127.0.0.1', port: httpPort, localAddress: STRANGER }).on('error', () => {})
  socket.write(`POST /api/v1/readings HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`)
  const taken = await pour(socket, BODY_BYTES)
  return costRow('a refused body of 200 MB, MB taken', taken / 1e6, {
    reference: { what: 'MB offered', value: BODY_BYTES / 1e6 },
    bar: 50,
    more: { 'MB of memory': residentMb(pid) - before },
  })
}

/** Writes bytes until all are taken or the connection is gone; returns how many were. */
async function pour(socket: Socket, bytes: number): Promise<number> {
  let sent = 0
  const isGone = new Promise((resolve) => socket.once('close', resolve))
  while (sent < bytes && !socket.destroyed) {
    sent += CHUNK.length
    if (!socket.write(CHUNK)) await Promise.race([once(socket, 'drain').catch(() => undefined), isGone])
  }
  return Math.min(sent, bytes)
}

/** Sends readings with a password; returns the status of the answer, 0 when there was none. */
async function posted({ httpPort, gateway: { id } }: Target, password: string, from: string): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port: httpPort, localAddress: from }).on('error', () => {})
  const authorization = Buffer.from(`${id}:${password}`).toString('base64')
  socket.write(
    `POST /api/v1/readings HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${authorization}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  )
  let answer = ''
  socket.on('data', (part: Buffer) => {
    answer += part.toString('latin1')
  })
  await once(socket, 'close')
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
}

/** A length as MQTT writes it. */
function lengthBytes(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 128))
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
  return bytes
}

const residentMb = (pid: number): number =>
  (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1e6

const costRow = (what: string, value: number, given: Omit<CostRow, 'what' | 'value' | 'ratio'>): CostRow => ({
  ...{ what, value, ...given },
  ratio: value / given.reference.value,
})
