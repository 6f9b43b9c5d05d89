// Makes CJ/T 188 frames (docs/rules/devices.md#cjt-188). The service only reads: nothing here makes a write or moves a
// valve.

import { bytesOfHex, sumOfBytes } from './answer.ts'
import { CJT188_HEADER_BYTES } from './cjt188.ts'
import { bcdBytes } from './decimal.ts'

export interface Cjt188Parts {
  /** Meter type: 10H cold water, 20H heat, 30H gas, …; AAH for any. */
  meterType: number
  /** Fourteen hex digits in reading order; AA… asks whichever meter is alone on the line. */
  address: string
  control: number
  data: Uint8Array
}

/** A frame without wake-up bytes. Throws a RangeError on an address of other than fourteen digits and on long data. */
export function encodeCjt188({ meterType, address, control, data }: Cjt188Parts): Uint8Array {
  if (data.length > 0xff) throw new RangeError(`${data.length} data bytes; 255 at most`)
  const frame = new Uint8Array(CJT188_HEADER_BYTES + data.length + 2)
  frame[0] = 0x68
  frame[1] = meterType
  frame.set(bcdBytes(address, 7), 2)
  frame[9] = control
  frame[10] = data.length
  frame.set(data, CJT188_HEADER_BYTES)
  const sumAt = frame.length - 2
  frame[sumAt] = sumOfBytes(frame, 0, sumAt)
  frame[sumAt + 1] = 0x16
  return frame
}

export interface Cjt188Read {
  meterType: number
  address: string
  /** Four hex digits as they are written: 901F. */
  di: string
  /** Serial number of the question, which the answer repeats. */
  ser?: number
  /** The identifier's low byte goes first; meters differ. */
  lowByteFirst?: boolean
}

export const readCjt188 = (read: Cjt188Read): Uint8Array =>
  encodeCjt188({ ...read, control: 0x01, data: diBytes(read) })

/** Asks the only meter on the line for its address. */
export const readAddressCjt188 = (order: { lowByteFirst?: boolean } = {}): Uint8Array =>
  encodeCjt188({
    meterType: 0xaa,
    address: 'AAAAAAAAAAAAAA',
    control: 0x03,
    data: diBytes({ di: '810A', ...order }),
  })

function diBytes({ di, ser = 0, lowByteFirst = false }: Pick<Cjt188Read, 'di' | 'ser' | 'lowByteFirst'>): Uint8Array {
  const bytes = bytesOfHex(di)
  if (bytes?.length !== 2) throw new RangeError(`"${di}" is not four hex digits`)
  return Uint8Array.of(...(lowByteFirst ? bytes.reverse() : bytes), ser)
}
