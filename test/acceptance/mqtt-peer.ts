// An MQTT client that may misbehave, and what it can see of the answer: the CONNACK, the PUBACK, the SUBACK, or a
// closed connection. Raw bytes go over a plain socket, because no client library would send them.

import { connect as connectSocket, type Socket } from 'node:net'
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt'

/** How long a peer may take to answer on a busy machine. */
const ANSWER_MS_MAX = 20_000

export interface Peer {
  /** 'acknowledged' by PUBACK or PUBCOMP (QoS 0: handed to the socket), or 'closed' by the broker. */
  publish(topic: string, payload: string | Buffer, options?: IClientPublishOptions): Promise<'acknowledged' | 'closed'>
  /** 'granted', 'refused' (SUBACK 128), or 'closed'. */
  subscribe(filter: string): Promise<'granted' | 'refused' | 'closed'>
  isConnected(): boolean
  /** Cuts the connection without DISCONNECT, so that a will is published. */
  cut(): void
  readonly closed: Promise<'closed'>
}

/** Connects; resolves with the peer, or with `refused N` (CONNACK code N), or 'closed'. */
export async function connectPeer(url: string, options: IClientOptions): Promise<Peer | string> {
  const client = connect(url, { protocolVersion: 4, reconnectPeriod: 0, connectTimeout: ANSWER_MS_MAX, ...options })
  let refusal: string | undefined
  client.on('error', (error) => {
    const { code } = error as { code?: unknown }
    if (typeof code === 'number') refusal ??= `refused ${code}`
  })
  const closed = new Promise<'closed'>((resolve) => client.once('close', () => resolve('closed')))
  const isOpen = await Promise.race([
    new Promise<true>((resolve) => client.once('connect', () => resolve(true))),
    closed,
  ])
  if (isOpen !== true) {
    client.end(true)
    return refusal ?? 'closed'
  }
  return peerOf(client, closed)
}

function peerOf(client: MqttClient, closed: Promise<'closed'>): Peer {
  return {
    closed,
    publish: (topic, payload, options = {}) =>
      Promise.race([
        new Promise<'acknowledged' | 'closed'>((resolve) =>
          client.publish(topic, payload, { qos: 1, ...options }, (error) => resolve(error ? 'closed' : 'acknowledged')),
        ),
        closed,
      ]),
    subscribe: (filter) =>
      Promise.race([
        new Promise<'granted' | 'refused'>((resolve) =>
          client.subscribe(filter, { qos: 1 }, (error, grants) =>
            resolve(!error && (grants ?? []).every(({ qos }) => qos < 128) ? 'granted' : 'refused'),
          ),
        ),
        closed,
      ]),
    isConnected: () => client.connected,
    cut: () => client.stream.destroy(),
  }
}

/** Sends bytes over a plain socket; resolves with what came back when the other side has closed it. */
export function sendBytes(port: number, bytes: Iterable<Buffer | string>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket: Socket = connectSocket(port, '127.0.0.1')
    const late = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the other side has not closed the connection after ${ANSWER_MS_MAX} ms`))
    }, ANSWER_MS_MAX)
    socket.on('data', (chunk) => received.push(chunk))
    socket.on('error', () => {}) // a reset is a way to close
    socket.once('close', () => {
      clearTimeout(late)
      resolve(Buffer.concat(received))
    })
    for (const chunk of bytes) socket.write(chunk)
  })
}
