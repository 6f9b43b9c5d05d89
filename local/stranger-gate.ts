// Lets a connection speak to the broker once its CONNECT is complete (docs/rules/platform.md#strangers): until then a
// stranger holds a few kilobytes for a few seconds, and all strangers together a bounded number of bytes.

import type { Server, Socket } from 'node:net'

/** Id, user name, password and last will of a gateway take less than a kilobyte. */
export const CONNECT_BYTES_MAX = 16 * 1024
/** All incomplete CONNECTs together. */
const HELD_BYTES_MAX = 16 * 1024 * 1024
/** All connections without a complete CONNECT; a province that connects at once sends each in one piece. */
const STRANGERS_MAX = 10_000
const CONNECT_MS_MAX = 10_000
const CONNECT = 0x10
/** The type of a packet and up to four bytes of its length. */
const HEADER_BYTES = 5

interface Stranger {
  chunks: Buffer[]
  bytes: number
  timer: NodeJS.Timeout
  onReadable(): void
}

/** Calls `admit` for each connection with a complete CONNECT waiting to be read, and cuts the others off. */
export function strangerGate(server: Server, admit: (socket: Socket) => void, log: (line: string) => void): void {
  /** The oldest first. */
  const strangers = new Map<Socket, Stranger>()
  let held = 0

  const forget = (socket: Socket): Stranger | undefined => {
    const stranger = strangers.get(socket)
    if (!stranger) return undefined
    clearTimeout(stranger.timer)
    strangers.delete(socket)
    held -= stranger.bytes
    return stranger
  }
  const cut = (socket: Socket, reason: string): void => {
    if (forget(socket)) log(`a connection from ${socket.remoteAddress} was cut: ${reason}`)
    socket.destroy()
  }
  const makeRoom = (): void => {
    for (const socket of strangers.keys()) {
      if (held <= HELD_BYTES_MAX && strangers.size <= STRANGERS_MAX) return
      cut(socket, 'too many connections wait without a complete CONNECT')
    }
  }

  function read(socket: Socket): void {
    const stranger = strangers.get(socket)
    const chunk = stranger && (socket.read() as Buffer | null)
    if (!stranger || !chunk) return
    stranger.chunks.push(chunk)
    stranger.bytes += chunk.length
    held += chunk.length
    const start = Buffer.concat(stranger.chunks.slice(0, HEADER_BYTES))
    const length = packetLength(start)
    if (length === 'more') return
    if (length === 'wrong' || start[0] !== CONNECT) cut(socket, 'it did not begin with a CONNECT')
    else if (length > CONNECT_BYTES_MAX) cut(socket, `a CONNECT over ${CONNECT_BYTES_MAX} bytes`)
    else if (stranger.bytes < length) makeRoom()
    else enter(socket, stranger)
  }
  function enter(socket: Socket, stranger: Stranger): void {
    forget(socket)
    socket.off('readable', stranger.onReadable)
    socket.unshift(Buffer.concat(stranger.chunks))
    admit(socket)
  }

  server.on('connection', (socket: Socket) => {
    const timer = setTimeout(() => cut(socket, 'no complete CONNECT in time'), CONNECT_MS_MAX).unref()
    const onReadable = (): void => read(socket)
    strangers.set(socket, { chunks: [], bytes: 0, timer, onReadable })
    socket.on('readable', onReadable)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => forget(socket))
    makeRoom()
  })
}

/** Bytes of the whole packet that begins so; `more`: its length is not complete yet. */
function packetLength(start: Buffer): number | 'more' | 'wrong' {
  let length = 0
  for (let place = 1; place < HEADER_BYTES; place++) {
    const byte = start[place]
    if (byte === undefined) return 'more'
    length += (byte & 0x7f) * 128 ** (place - 1)
    if (byte < 0x80) return place + 1 + length
  }
  return 'wrong'
}
