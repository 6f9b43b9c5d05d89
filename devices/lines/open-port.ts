// Opens a line: TCP to a transparent DTU, a serial server or a Modbus TCP device, or a serial port of this machine. The
// package for serial ports is optional and is loaded when a line needs it.

import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Port, StreamPort } from './port.ts'

const CONNECT_MS_MAX = 10_000
/** A DTU on a mobile network is gone without a word; the operating system asks after this. */
const KEEPALIVE_MS = 30_000

export interface SerialSettings {
  /** E.g. /dev/ttyUSB0 or COM3. */
  path: string
  baud: number
  parity: 'none' | 'even' | 'odd'
  dataBits: 7 | 8
  stopBits: 1 | 2
}

export type Transport = { tcp: { host: string; port: number } } | { serial: SerialSettings }

export const transportText = (transport: Transport): string =>
  'tcp' in transport ? `${transport.tcp.host}:${transport.tcp.port}` : transport.serial.path

/** Rejects with a reason for the operator when the line cannot be opened. */
export async function openPort(transport: Transport, signal: AbortSignal): Promise<Port> {
  return 'tcp' in transport ? await openTcp(transport.tcp, signal) : await openSerial(transport.serial)
}

function openTcp({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS })
    const fail = (error: Error & { code?: unknown }): void => {
      socket.destroy()
      signal.removeEventListener('abort', stop)
      reject(new Error(error.message || String(error.code)))
    }
    const stop = (): void => fail(new Error('stopped'))
    socket.setTimeout(CONNECT_MS_MAX, () => fail(new Error(`no connection within ${CONNECT_MS_MAX / 1000} s`)))
    socket.once('error', fail)
    signal.addEventListener('abort', stop, { once: true })
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      signal.removeEventListener('abort', stop)
      resolve(new StreamPort(socket))
    })
  })
}

/** What is used of the package `serialport`. */
interface SerialModule {
  SerialPort: new (
    settings: Omit<SerialSettings, 'baud'> & { baudRate: number; autoOpen: false },
  ) => Duplex & { open(done: (error: Error | null) => void): void }
}
/** An optional peer of this package; a name that is computed, because it need not be there. */
const SERIAL_PACKAGE: string = 'serialport'

async function openSerial({ baud, ...settings }: SerialSettings): Promise<Port> {
  const { SerialPort } = await serialModule()
  const serial = new SerialPort({ ...settings, baudRate: baud, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    serial.open((error) => (error ? reject(new Error(serialReason(settings.path, error.message))) : resolve()))
  })
  return new StreamPort(serial)
}

async function serialModule(): Promise<SerialModule> {
  try {
    return await import(SERIAL_PACKAGE)
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    throw new Error(`serial lines need the package serialport (npm install serialport), which is not there: ${message}`)
  }
}

function serialReason(path: string, message: string): string {
  if (/No such file|cannot find|File not found/i.test(message)) return `there is no serial port ${path}`
  if (/Permission denied|Access denied/i.test(message))
    return `the serial port ${path} may not be opened by this user (on Debian: adduser USER dialout)`
  return `the serial port ${path} cannot be opened: ${message}`
}
