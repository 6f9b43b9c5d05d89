// Makes DL/T 645 frames (docs/rules/devices.md#dlt-645): the three requests that read, and the one that switches the
// relay of a meter. There is none for writing, nor for the broadcast time, on which sources contradict each other.

import { formatInstant } from '../../domain/calendar.ts'
import { bytesOfHex, sumOfBytes } from './answer.ts'
import { bcdBytes } from './decimal.ts'
import { DLT645_DATA_MAX, DLT645_HEADER_BYTES, DLT645_OFFSET, type Dlt645Edition } from './dlt645.ts'

export interface Dlt645Parts {
  /** Twelve digits in reading order; AAAAAAAAAAAA asks whichever meter is alone on the line. */
  address: string
  control: number
  /** Without the offset of 33H. */
  data?: Uint8Array
}

/** A frame without wake-up bytes. Throws a RangeError on an address that is not twelve digits, and on data too long. */
export function encodeDlt645({ address, control, data = new Uint8Array() }: Dlt645Parts): Uint8Array {
  if (data.length > DLT645_DATA_MAX) throw new RangeError(`${data.length} data bytes; ${DLT645_DATA_MAX} at most`)
  const frame = new Uint8Array(DLT645_HEADER_BYTES + data.length + 2)
  frame[0] = frame[7] = 0x68
  frame.set(bcdBytes(address, 6), 1)
  frame[8] = control
  frame[9] = data.length
  for (const [at, byte] of data.entries()) frame[DLT645_HEADER_BYTES + at] = byte + DLT645_OFFSET
  const sumAt = frame.length - 2
  frame[sumAt] = sumOfBytes(frame, 0, sumAt)
  frame[sumAt + 1] = 0x16
  return frame
}

const DI_DIGITS: Record<Dlt645Edition, number> = { '2007': 8, '1997': 4 }

/** Asks for the data of an identifier, as it is read: 00010000, or 9010 in the 1997 edition. */
export function readDlt645(address: string, di: string, edition: Dlt645Edition = '2007'): Uint8Array {
  return encodeDlt645({ address, control: edition === '2007' ? 0x11 : 0x01, data: diBytes(di, edition) })
}

/** Asks for part `sequence` of an answer that announced more; 1 comes after the first answer. */
export function readFollowDlt645(address: string, di: string, sequence: number): Uint8Array {
  return encodeDlt645({ address, control: 0x12, data: Uint8Array.of(...diBytes(di, '2007'), sequence) })
}

/** Asks the only meter on the line for its address. */
export const readAddressDlt645 = (): Uint8Array => encodeDlt645({ address: 'AAAAAAAAAAAA', control: 0x13 })

export interface Dlt645Relay {
  isOn: boolean
  /** Four bytes in hex as they are sent: the level of the password first, then the password. */
  password: string
  /** Four bytes in hex as they are sent: the meter notes who switched it. */
  operator: string
  /** The meter does nothing after this; it counts by its own clock. Epoch ms. */
  untilMs: number
}

/**
 * Asks a meter of the 2007 edition to trip, or to permit closing, its relay: password, operator, command 1A or 1B,
 * 00, the end from the second to the year (docs/rules/devices.md#relays-of-meters). Throws a RangeError on wrong hex.
 */
export function relayDlt645(address: string, { isOn, password, operator, untilMs }: Dlt645Relay): Uint8Array {
  const fourBytes = (hex: string): Uint8Array => {
    const bytes = bytesOfHex(hex)
    if (bytes?.length !== 4) throw new RangeError('password and operator are 8 hex digits')
    return bytes
  }
  // YYMMDDhhmmss in UTC+8, low byte first.
  const end = formatInstant(untilMs).replace(/\D/g, '').slice(2, 14)
  const data = [...fourBytes(password), ...fourBytes(operator), isOn ? 0x1b : 0x1a, 0, ...bcdBytes(end, 6)]
  return encodeDlt645({ address, control: 0x1c, data: Uint8Array.from(data) })
}

function diBytes(di: string, edition: Dlt645Edition): Uint8Array {
  const bytes = bytesOfHex(di)
  if (!bytes || di.length !== DI_DIGITS[edition])
    throw new RangeError(`"${di}" is not ${DI_DIGITS[edition]} hex digits`)
  return bytes.reverse()
}
