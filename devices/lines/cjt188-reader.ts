// Reads the current reading of a CJ/T 188 meter (docs/rules/devices.md#cjt-188). A serial number that each question
// raises keeps the late answer to an earlier one apart.

import type { Field } from '../codecs/answer.ts'
import { type Cjt188Frame, cjt188Cutter } from '../codecs/cjt188.ts'
import { readCjt188 } from '../codecs/cjt188-request.ts'
import type { TemplateOf } from '../template.ts'
import { type Ask, type Bearing, MeterFault } from './exchange.ts'

const ADDRESS_DIGITS = 14

/** Seven bytes as on the meter's face; zeros in front may be left out. */
export function cjt188Address(text: string): { address: string } | { reason: string } {
  if (/^[0-9A-Fa-f]{1,14}$/.test(text)) return { address: text.toUpperCase().padStart(ADDRESS_DIGITS, '0') }
  return { reason: `"${text}" is not the number of a CJ/T 188 meter: 14 digits` }
}

export function cjt188Reader({ meterType, di, diOrder, variant, flowDecimals }: TemplateOf<'cjt188'>, address: string) {
  const cutter = cjt188Cutter({ ...(variant && { variant }), ...(flowDecimals !== undefined && { flowDecimals }) })
  let ser = 0
  return async (ask: Ask): Promise<Field[]> => {
    ser = (ser + 1) & 0xff
    const own = ser
    const request = readCjt188({
      ...{ meterType: Number.parseInt(meterType, 16), address, di, ser: own },
      lowByteFirst: diOrder === 'lowFirst',
    })
    const frame = await ask({ request, cutter, judge: (heard) => judge(heard, { address, di, ser: own }) })
    return frame.fields ?? []
  }
}

function judge(frame: Cjt188Frame, wanted: { address: string; di: string; ser: number }): Bearing {
  if (frame.address !== wanted.address) return 'other'
  if (frame.kind === 'errorReply')
    return new MeterFault('refused', `the meter refuses: ${frame.errorPayload ?? 'without a reason'}`)
  const isOurs = frame.ser !== undefined && Number.parseInt(frame.ser, 16) === wanted.ser
  return frame.kind === 'readReply' && frame.di === wanted.di && isOurs ? 'answer' : 'other'
}
