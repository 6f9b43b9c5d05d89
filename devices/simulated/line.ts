// A line of simulated meters behind a TCP server, as a DTU or a serial server has them, with the faults of the field:
// noise, silence, the answer of another meter, frames in pieces, slow bytes, echoes and late answers.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SimulatedDevice } from './meter.ts'

export const LINE_FAULTS = ['silence', 'noise', 'corrupt', 'wrongMeter', 'split', 'slow', 'late'] as const
export type LineFault = (typeof LINE_FAULTS)[number]

export interface SimulatedLineOptions {
  meters: readonly SimulatedDevice[]
  /** What goes wrong with the next answer of a meter; nothing when absent. */
  faultOf?(meter: SimulatedDevice): LineFault | undefined
  /** Requests come back, as on two wires. */
  echo?: boolean
  /** When a late answer comes. */
  lateMs?: number
  /** Uniform in [0, 1). */
  random?: () => number
  port?: number
  host?: string
}

export interface SimulatedLine {
  port: number
  /** Requests that some meter was asked. */
  requests(): number
  close(): Promise<void>
}

const BUFFER_BYTES_MAX = 512
const NOISE_BYTES = 12
const PIECES = 3

export async function startSimulatedLine(options: SimulatedLineOptions): Promise<SimulatedLine> {
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let buffer: Buffer = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      if (options.echo) socket.write(bytes)
      buffer = Buffer.concat([buffer, bytes]).subarray(-BUFFER_BYTES_MAX)
      const answers = options.meters.flatMap((meter) => {
        const fault = options.faultOf?.(meter)
        const reply = meter.answer(buffer)
        return reply ? [{ meter, reply, fault }] : []
      })
      if (answers.length === 0) return
      buffer = Buffer.alloc(0)
      requests += 1
      for (const { meter, reply, fault } of answers) void send(socket, { meter, reply, fault, ...options })
    })
  })
  const port = await listening(server, options)
  return {
    port,
    requests: () => requests,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Sending extends SimulatedLineOptions {
  meter: SimulatedDevice
  reply: Uint8Array
  fault: LineFault | undefined
}

async function send(socket: Socket, sending: Sending): Promise<void> {
  const { reply, fault, lateMs = 200, random = Math.random } = sending
  switch (fault) {
    case 'silence':
      return
    case 'noise':
      socket.write(Uint8Array.from({ length: NOISE_BYTES }, () => Math.floor(256 * random())))
      await sleep(1)
      socket.write(reply)
      return
    case 'corrupt':
      socket.write(corrupted(reply, random))
      return
    case 'wrongMeter':
      socket.write(otherReply(sending))
      return
    case 'split':
      await inPieces(socket, reply, Math.ceil(reply.length / PIECES), 5)
      return
    case 'slow':
      await inPieces(socket, reply, 1, 2)
      return
    case 'late':
      await sleep(lateMs)
      socket.write(reply)
      return
    default:
      socket.write(reply)
  }
}

/** One bit is wrong; never in a place where the frame stays right. */
function corrupted(reply: Uint8Array, random: () => number): Uint8Array {
  const bytes = Uint8Array.from(reply)
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  return bytes
}

/** The frame with another address: bytes of the address swapped, and the checksum wrong where there is one. */
const otherReply = ({ reply }: Sending): Uint8Array => {
  const bytes = Uint8Array.from(reply)
  bytes[2] = (bytes[2] ?? 0) ^ 0x01
  bytes[bytes.length - 2] = ((bytes[bytes.length - 2] ?? 0) + ((bytes[2] ?? 0) & 1 ? 1 : -1)) & 0xff
  return bytes
}

async function inPieces(socket: Socket, bytes: Uint8Array, size: number, everyMs: number): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.subarray(at, at + size))
    await sleep(everyMs)
  }
}

function listening(server: Server, { port = 0, host = '127.0.0.1' }: SimulatedLineOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
