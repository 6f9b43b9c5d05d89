// A port: the bytes of one line, whatever carries them. Queues what comes until it is asked for; whoever asks decides
// how long to wait.

import type { Duplex } from 'node:stream'

/** More unread bytes than this are noise: the oldest go. */
const UNREAD_BYTES_MAX = 16_384

export interface Port {
  /** Throws a LineClosed when the line has ended. */
  write(bytes: Uint8Array): void
  /** The next bytes, or undefined after `ms` or an abort. Throws a LineClosed when the line has ended. */
  read(ms: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Takes what came unasked: noise, or the late answer to an earlier question. */
  drain(): number
  /** When bytes last went or came, on `performance.now()`'s clock. */
  readonly busyMs: number
  readonly isClosed: boolean
  close(): void
}

/** The line has ended: the other side closed it, or it broke. */
export class LineClosed extends Error {}

/** A port over a stream that is open: a TCP socket or a serial port. */
export class StreamPort implements Port {
  readonly #stream: Duplex
  #unread: Uint8Array[] = []
  #unreadBytes = 0
  #ended: LineClosed | undefined
  #wake: () => void = () => {}
  #busyMs = performance.now()

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    stream.on('error', (error) => this.#end(error.message))
    stream.on('close', () => this.#end('the other side closed the line'))
  }

  get busyMs(): number {
    return this.#busyMs
  }

  get isClosed(): boolean {
    return this.#ended !== undefined
  }

  write(bytes: Uint8Array): void {
    if (this.#ended) throw this.#ended
    this.#busyMs = performance.now()
    this.#stream.write(bytes)
  }

  async read(ms: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#unread.length === 0 && !this.#ended && !signal.aborted) await this.#bytesWithin(ms, signal)
    const bytes = this.#unread.shift()
    if (bytes) this.#unreadBytes -= bytes.length
    else if (this.#ended) throw this.#ended
    return bytes
  }

  drain(): number {
    const bytes = this.#unreadBytes
    this.#unread = []
    this.#unreadBytes = 0
    return bytes
  }

  close(): void {
    this.#end('closed')
    this.#stream.destroy()
  }

  #take(bytes: Uint8Array): void {
    this.#busyMs = performance.now()
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
    while (this.#unreadBytes > UNREAD_BYTES_MAX && this.#unread.length > 1)
      this.#unreadBytes -= this.#unread.shift()?.length ?? 0
    this.#wake()
  }

  #end(reason: string): void {
    this.#ended ??= new LineClosed(reason)
    this.#wake()
  }

  async #bytesWithin(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, ms))
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
    this.#wake = () => {}
  }
}
