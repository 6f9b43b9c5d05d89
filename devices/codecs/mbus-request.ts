// Makes the M-Bus frames with which a master reads: link reset, request of data, selection by secondary address
// (docs/rules/devices.md#m-bus).

import { sumOfBytes } from './answer.ts'
import { bcdBytes } from './decimal.ts'

/** Answers by its secondary address after it was selected. */
export const MBUS_SELECTED = 0xfd

/** SND_NKE: the meter acknowledges with E5H. */
export const resetMbus = (address: number): Uint8Array => shortFrame(0x40, address)

/** REQ_UD2: asks for the data. The frame count bit toggles from one question to the next of a series. */
export const readMbus = (address: number, frameCount = true): Uint8Array =>
  shortFrame(frameCount ? 0x7b : 0x5b, address)

/** Selects the meter with this number of eight digits, whoever made it; F stands for any digit. */
export const selectMbus = (identification: string): Uint8Array =>
  encodeMbus({
    control: 0x53,
    address: MBUS_SELECTED,
    ci: 0x52,
    data: Uint8Array.of(...bcdBytes(identification, 4), 0xff, 0xff, 0xff, 0xff),
  })

export interface MbusParts {
  control: number
  address: number
  ci: number
  data: Uint8Array
}

/** A long frame. Throws a RangeError on more data than its length byte can count. */
export function encodeMbus({ control, address, ci, data }: MbusParts): Uint8Array {
  const length = data.length + 3
  if (length > 0xff) throw new RangeError(`${data.length} data bytes; 252 at most`)
  const frame = Uint8Array.of(0x68, length, length, 0x68, control, address, ci, ...data, 0, 0x16)
  frame[frame.length - 2] = sumOfBytes(frame, 4, frame.length - 2)
  return frame
}

const shortFrame = (control: number, address: number): Uint8Array =>
  Uint8Array.of(0x10, control, address, (control + address) & 0xff, 0x16)
