// The embedded MQTT broker. A gateway authenticates, may use only its own topics
// (docs/rules/interfaces.md#mqtt-topics), and gets its PUBACK only after its readings are durable: aedes acknowledges
// as soon as `authorizePublish` calls back, so the commit happens there.

import { createServer, type Server, type Socket } from 'node:net'
import { Aedes, type AedesOptions, type AuthenticateError, type Client, type PublishPacket } from 'aedes'
import { must } from '../domain/must.ts'
import { GATEWAY_ID } from '../domain/registry/records.ts'
import { PAYLOAD_BYTES_MAX } from '../domain/wire/reading.ts'
import { foreignTopic, mayPublish, maySubscribe, parseTopic } from '../domain/wire/topic.ts'
import type { ResultMessage } from '../functions/wire/commands.ts'
import type { DeviceLink, VerifyPassword } from './credentials.ts'
import type { GatewayWatch } from './gateway-watch.ts'
import type { IngestQueue } from './ingest-queue.ts'
import { strangerGate } from './stranger-gate.ts'

/**
 * A whole packet must fit; a client that sends more without completing one is disconnected before it fills the memory.
 */
const PACKET_BYTES_MAX = 4 * 1024 * 1024
const PACKET_CHECK_MS = 250
/** Of a status or result with QoS 2, kept until it is released; aedes keeps at most 1,000 of a gateway. */
const UNRELEASED_BYTES_MAX = 4 * 1024
const NOTHING = Buffer.alloc(0)
/** MQTT 3.1.1 return codes; aedes declares them as a const enum, which type stripping cannot read. */
const SERVER_UNAVAILABLE = 3
const BAD_USERNAME_OR_PASSWORD = 4
const CONNECTIONS_MAX = 20_000

export interface BrokerOptions {
  host: string
  port: number
  verify: VerifyPassword
  queue: IngestQueue
  /** Receives which gateways were heard. */
  watch?: Pick<GatewayWatch, 'heard' | 'offline'>
  /** Stores a result of a command; resolves to the reason why it is none (functions/wire/commands.ts). */
  results?(message: ResultMessage): Promise<string | undefined>
  now(): number
  log(line: string): void
}
export interface Broker extends DeviceLink {
  port: number
  close(): Promise<void>
}

/**
 * After its PUBACK, aedes would keep a message for sleeping subscribers and offer it to those awake. Nobody may
 * subscribe to readings, and the store has them already, so aedes drops them here.
 */
class GatewayBroker extends Aedes {
  /** Within aedes the sender stands between packet and callback; the broker's own messages have none. */
  override publish(packet: PublishPacket, ...rest: [Done] | [Client | null, Done]): void {
    const [client, done] = rest
    if (client && done && typeof client !== 'function' && isStored(client.id, packet.topic)) {
      this.emit('publish', packet, client)
      done()
    } else super.publish(packet, ...(rest as [Done]))
  }
}
type Done = (error?: Error) => void

/** Whether the store takes a gateway's message of this topic. */
const isStored = (gateway: string, topic: string): boolean =>
  parseTopic(topic)?.channel === 'readings' || foreignTopic(gateway, topic) !== undefined

/** Throws EADDRINUSE when the port is taken. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, port, log } = options
  const authorize = must(publishAuthorizer(options))
  const aedes = new GatewayBroker({
    maxClientsIdLength: 64,
    authenticate: authenticator(options),
    authorizePublish: (client, packet, done) => {
      guard.completed(client)
      authorize(client, packet, done)
    },
    authorizeSubscribe(client, subscription, done) {
      const allowed = maySubscribe(client.id, subscription.topic)
      if (!allowed) log(`gateway "${client.id}" may not subscribe to "${subscription.topic}"`)
      done(null, allowed ? subscription : null)
    },
  })
  await aedes.listen()
  const connected = new Map<string, Client>()
  aedes.on('client', (client) => connected.set(client.id, client))
  aedes.on('clientDisconnect', (client) => {
    if (connected.get(client.id) === client) connected.delete(client.id)
  })
  aedes.on('clientError', (client, error) => log(`gateway "${client.id}": ${error.message}`))
  aedes.on('connectionError', (_, error) => log(`connection refused: ${error.message}`))
  const server = createServer()
  server.maxConnections = CONNECTIONS_MAX
  strangerGate(server, (socket) => aedes.handle(socket), log)
  const guard = guardMemory(server, aedes, log)
  const close = async (): Promise<void> => {
    clearInterval(guard.timer)
    server.close()
    await new Promise<void>((resolve) => aedes.close(() => resolve()))
  }
  try {
    await listening(server, port, host)
  } catch (error) {
    await close() // its timers would keep the process alive
    throw error
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    publish: (topic, payload) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false } as const
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()))
      }),
    disconnect: (gateway) => connected.get(gateway)?.close(),
    close,
  }
}

/** Client id and user name are both the gateway's id: topics are checked against the client id. */
function authenticator({ verify, log }: BrokerOptions): AedesOptions['authenticate'] {
  return (client, username, password, done) => {
    const refuse = (reason: string, returnCode = BAD_USERNAME_OR_PASSWORD): void => {
      log(`gateway "${client.id}" refused: ${reason}`)
      const error = Object.assign(new Error(reason), { returnCode })
      done(error as AuthenticateError, null)
    }
    if (!GATEWAY_ID.test(client.id) || username !== client.id)
      return refuse('client id and user name must be the gateway id')
    const asker = { address: (client.conn as Socket).remoteAddress ?? '', isGone: () => client.closed }
    verify(client.id, password?.toString() ?? '', asker).then(
      (right) => (right ? done(null, true) : refuse('unknown gateway or wrong password')),
      (error: unknown) => refuse(`the password was not checked: ${String(error)}`, SERVER_UNAVAILABLE),
    )
  }
}

function publishAuthorizer({ queue, watch, results, now, log }: BrokerOptions): AedesOptions['authorizePublish'] {
  return (client, packet, done) => {
    if (!client) return done(null) // the broker's own $SYS messages
    const foreign = foreignTopic(client.id, packet.topic)
    if (foreign === undefined && !mayPublish(client.id, packet.topic)) {
      log(`gateway "${client.id}" may not publish to "${packet.topic}"`)
      return done(new Error(`not authorised for topic "${packet.topic}"`))
    }
    const channel = parseTopic(packet.topic)?.channel
    const isReadings = channel === 'readings' || foreign !== undefined
    // A status is kept in memory as long as the host lives. Readings somewhat too large become a rejection; from
    // PACKET_BYTES_MAX on they are refused, even when they arrive faster than the guard checks.
    const bytesMax = isReadings ? PACKET_BYTES_MAX : packet.qos === 2 ? UNRELEASED_BYTES_MAX : PAYLOAD_BYTES_MAX
    if (packet.payload.length > bytesMax) {
      log(`gateway "${client.id}" sent ${packet.payload.length} bytes to "${packet.topic}"`)
      return done(new Error(`a message to "${packet.topic}" has at most ${bytesMax} bytes`))
    }
    if (saysOffline(packet)) watch?.offline(client.id)
    else watch?.heard(client.id)
    if (channel === 'results' && results) {
      // Nobody subscribes to results: kept for others they would only take memory.
      packet.retain = false
      const message = { gateway: client.id, payload: packet.payload as Uint8Array, receivedMs: now() }
      results(message).then(
        (reason) => {
          if (reason) log(`a result of gateway "${client.id}" is not kept: ${reason}`)
          done(null)
        },
        (error: Error) => done(error),
      )
      return
    }
    if (!isReadings) return done(null)
    // Readings are not retained or kept for others: the store has them.
    packet.retain = false
    const came = { gateway: client.id, payload: packet.payload as Uint8Array, receivedMs: now() }
    queue.push(foreign === undefined ? came : { ...came, topic: foreign }, (error) => {
      // With QoS 2 aedes keeps the packet until it is released, which may be never; the store has its readings.
      if (!error) packet.payload = NOTHING
      done(error)
    })
  }
}

/** A gateway that leaves and the last will of a lost one send the same status: `{"v":1,"state":"offline"}`. */
const saysOffline = ({ topic, payload }: PublishPacket): boolean =>
  parseTopic(topic)?.channel === 'status' && /"state"\s*:\s*"offline"/.test(payload.toString())

/** Disconnects clients that buffer an oversized packet. Counts bytes from the last complete packet. */
function guardMemory(server: Server, aedes: Aedes, log: (line: string) => void) {
  const sockets = new Map<Socket, number>()
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, 0)
    socket.on('close', () => sockets.delete(socket))
  })
  const completed = (client: Client | null): void => {
    const socket = client?.conn as Socket | undefined
    if (socket && sockets.has(socket)) sockets.set(socket, socket.bytesRead)
  }
  aedes.on('ping', (_, client) => completed(client))
  const timer = setInterval(() => {
    for (const [socket, mark] of sockets) {
      if (socket.bytesRead - mark <= PACKET_BYTES_MAX) continue
      log(`a connection from ${socket.remoteAddress} was cut: a packet over ${PACKET_BYTES_MAX} bytes`)
      socket.destroy()
    }
  }, PACKET_CHECK_MS)
  return { timer: timer.unref(), completed }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
