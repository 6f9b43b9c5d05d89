// The publisher process: writes prepared QoS 1 packets to a broker from many connections, each with a bounded number of
// messages that are not yet acknowledged, at once or each in its turn, and reports how long that took. Asked over IPC,
// one thing at a time.

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { must } from '../domain/must.ts'
import { type FleetGateway, registerHundredths, STEP_MS } from './fleet.ts'
import { connectPacket, disconnectPacket, publishPacket } from './packet.ts'

/** Readings of a round that are all distinct, also from those of other rounds: times rise through `step`. */
export interface Round {
  gateways: FleetGateway[]
  readingsPerMessage: number
  messagesPerGateway: number
  startMs: number
  /** Reading times of one meter before this round. */
  stepsBefore: number
}
export interface Delivery {
  port: number
  /** Messages of one connection that may wait for their PUBACK. */
  window: number
  /** The connections begin one after the other over this time; at once when absent. */
  spreadMs?: number
}
export interface Delivered {
  messages: number
  readings: number
  seconds: number
  p50Ms: number
  p99Ms: number
  /** When each gateway began, in their order: epoch milliseconds. */
  sentAtMs: number[]
}
export type PublisherRequest = { prepare: Round } | { connect: { port: number } } | { deliver: Delivery }
export type PublisherAnswer = { ready: true } | { delivered: Delivered } | { error: string }

const MESSAGE_IDS = 65_535
const PUBACK = 0x40
const PUBACK_BYTES = 4
const CONNACK_BYTES = 4

/** All packets of one connection, one after the other. */
interface Prepared {
  gateway: FleetGateway
  bytes: Buffer
  /** Where packet i starts, and the end. */
  offsets: Float64Array
}

let round: Round | undefined
let prepared: Prepared[] = []
/** Connections that were asked for ahead of a delivery, one a gateway. */
let connections: Socket[] | undefined

process.on('message', (request: PublisherRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function answer(request: PublisherRequest): Promise<PublisherAnswer> {
  if ('prepare' in request) {
    round = request.prepare
    prepared = round.gateways.map((gateway) => prepare(gateway, request.prepare))
    return { ready: true }
  }
  if (!round) throw new Error('nothing was prepared')
  if ('connect' in request) {
    connections = await connectAll(prepared, request.connect.port)
    return { ready: true }
  }
  return { delivered: await deliver(prepared, round.readingsPerMessage, request.deliver) }
}

/** Message i holds the next readings in turn of the gateway's meters, as `Gateway` encodes them. */
function prepare(gateway: FleetGateway, round: Round): Prepared {
  const { readingsPerMessage, messagesPerGateway, startMs, stepsBefore } = round
  const topic = `kw/v1/${gateway.id}/readings`
  const { meters } = gateway
  const offsets = new Float64Array(messagesPerGateway + 1)
  const packets: Buffer[] = []
  for (let i = 0; i < messagesPerGateway; i++) {
    const readings: string[] = []
    for (let n = i * readingsPerMessage; n < (i + 1) * readingsPerMessage; n++) {
      const meter = n % meters.length
      const step = stepsBefore + Math.floor(n / meters.length)
      readings.push(
        `{"meter":"${meters[meter]}","at":${startMs + step * STEP_MS},"value":${(registerHundredths(meter, step) / 100).toFixed(2)}}`,
      )
    }
    const payload = `{"v":1,"seq":${i},"readings":[${readings.join(',')}]}`
    const packet = publishPacket(topic, (i % MESSAGE_IDS) + 1, payload)
    packets.push(packet)
    offsets[i + 1] = (offsets[i] ?? 0) + packet.length
  }
  return { gateway, bytes: Buffer.concat(packets), offsets }
}

async function deliver(all: Prepared[], readingsPerMessage: number, delivery: Delivery): Promise<Delivered> {
  const { port, window, spreadMs = 0 } = delivery
  const sockets = connections ?? (await connectAll(all, port))
  connections = undefined
  const latencies: Float64Array[] = []
  const sentAtMs: number[] = []
  const startedMs = performance.now()
  await Promise.all(
    all.map(async (one, i) => {
      if (spreadMs > 0) await pause((i / all.length) * spreadMs)
      sentAtMs[i] = performance.timeOrigin + performance.now()
      latencies.push(await publishAll(must(sockets[i]), one, window))
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  for (const socket of sockets) socket.end(disconnectPacket())
  const sorted = Float64Array.from(latencies.flatMap((some) => [...some])).sort()
  const messages = sorted.length
  return {
    messages,
    readings: messages * readingsPerMessage,
    seconds,
    p50Ms: sorted[Math.floor(messages * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(messages * 0.99)] ?? Number.NaN,
    sentAtMs,
  }
}

const connectAll = (all: readonly Prepared[], port: number): Promise<Socket[]> =>
  Promise.all(all.map(({ gateway }) => connected(port, gateway)))

function connected(port: number, { id, secret }: FleetGateway): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(connectPacket(id, secret)))
    socket.once('error', reject)
    socket.once('data', (bytes: Buffer) => {
      socket.off('error', reject)
      if (bytes.length === CONNACK_BYTES && bytes[3] === 0) resolve(socket)
      else reject(new Error(`${id} was refused: ${bytes.toString('hex')}`))
    })
  })
}

/**
 * Resolves with the time from write to PUBACK of each message, in ms, when all are acknowledged, each once, in order.
 */
function publishAll(socket: Socket, { gateway, bytes, offsets }: Prepared, window: number): Promise<Float64Array> {
  const count = offsets.length - 1
  const times = new Float64Array(count)
  let sent = 0
  let acknowledged = 0
  let rest: Buffer = Buffer.alloc(0)
  const send = (): void => {
    const end = Math.min(count, acknowledged + window)
    if (end === sent) return
    times.fill(performance.now(), sent, end)
    socket.write(bytes.subarray(offsets[sent], offsets[end]))
    sent = end
  }
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${gateway.id}: ${why} after ${acknowledged} of ${count}`))
    socket.on('error', (error) => fail(error.message))
    socket.on('close', () => fail('the connection was closed'))
    socket.on('data', (chunk: Buffer) => {
      const now = performance.now()
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let at = 0
      for (; at + PUBACK_BYTES <= rest.length; at += PUBACK_BYTES) {
        const expected = (acknowledged % MESSAGE_IDS) + 1
        if (rest[at] !== PUBACK || rest.readUInt16BE(at + 2) !== expected) return fail(`no PUBACK of ${expected}`)
        times[acknowledged] = now - (times[acknowledged] ?? Number.NaN)
        acknowledged++
      }
      rest = rest.subarray(at)
      if (acknowledged === count) resolve(times)
      else send()
    })
    send()
  })
}
