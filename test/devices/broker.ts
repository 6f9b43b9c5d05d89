// A real aedes broker on a free port of 127.0.0.1 for the tests of this room, with a hand on its PUBACKs.

import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Aedes, type AuthenticateError } from 'aedes'
import { onTestFinished } from 'vitest'
import type { ReadingsMessage } from '../../domain/wire/reading.ts'

export interface Heard extends ReadingsMessage {
  seq: number
  topic: string
}

export interface BrokerOptions {
  /** A port that a broker before this one had. */
  port?: number
  passwords?: Record<string, string>
  /** Called before PUBACK; what it awaits holds the PUBACK back, what it throws closes the connection. */
  beforeAck?(message: Heard): Promise<void> | void
}

export interface Broker {
  url: string
  port: number
  /** Readings messages in order of arrival, PUBACK or not. */
  heard: Heard[]
  /** Status messages in order of arrival, wills included. */
  statuses: Record<string, unknown>[]
  connects: number
  /** Cuts all connections without a word, as a pulled plug would; the broker lives on. */
  cut(): void
  /** Cuts all connections and stops listening, as a killed broker would. */
  die(): Promise<void>
}

/** Closed when the test ends, at the latest. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { port = 0, passwords, beforeAck } = options
  const aedes = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  const broker: Broker = {
    url: '',
    port,
    heard: [],
    statuses: [],
    connects: 0,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async die() {
      broker.cut()
      await new Promise((resolve) => server.close(resolve))
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
  aedes.authenticate = (client, user, password, done) => {
    broker.connects += 1
    const isKnown = !passwords || (user === client.id && passwords[client.id] === String(password))
    const error = Object.assign(new Error('refused'), { returnCode: 4 }) as AuthenticateError
    done(isKnown ? null : error, isKnown)
  }
  aedes.authorizePublish = (_client, packet, done) => {
    const message = JSON.parse(String(packet.payload))
    if (packet.topic.endsWith('/status')) {
      broker.statuses.push(message)
      done(null)
      return
    }
    const heard: Heard = { ...message, topic: packet.topic }
    broker.heard.push(heard)
    Promise.resolve(beforeAck?.(heard)).then(
      () => done(null),
      (error) => done(error),
    )
  }
  broker.port = await listen(server, port)
  broker.url = `mqtt://127.0.0.1:${broker.port}`
  onTestFinished(() => broker.die())
  return broker
}

/** A port on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, 0)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-devices-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits until `isTrue`; throws after `deadlineMs`. */
export async function until(what: string, isTrue: () => boolean, deadlineMs = 20_000): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await sleep(2)
  }
}

/** Sequence numbers by first arrival. */
export const firstArrivals = (heard: readonly Heard[]): number[] => [...new Set(heard.map(({ seq }) => seq))]

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
