// Reads a wired M-Bus meter by its primary address, or by its number of eight digits after a selection
// (docs/rules/devices.md#m-bus).

import type { Field } from '../codecs/answer.ts'
import { type MbusFrame, mbusCutter } from '../codecs/mbus.ts'
import type { MbusField } from '../codecs/mbus-records.ts'
import { MBUS_SELECTED, readMbus, resetMbus, selectMbus } from '../codecs/mbus-request.ts'
import { type Ask, MeterFault } from './exchange.ts'

const PRIMARY_MAX = 250
/** A meter with more telegrams than this has no end. */
const TELEGRAMS_MAX = 8

/** A primary address from 0 to 250, or the eight digits of the meter's number. */
export function mbusAddress(text: string): { address: string } | { reason: string } {
  if (/^\d{8}$/.test(text)) return { address: text }
  if (/^\d{1,3}$/.test(text) && Number(text) <= PRIMARY_MAX) return { address: String(Number(text)) }
  return { reason: `"${text}" is neither a primary address from 0 to ${PRIMARY_MAX} nor a number of 8 digits` }
}

export const mbusReader =
  (address: string) =>
  async (ask: Ask): Promise<Field[]> => {
    const isSelected = address.length === 8
    const primary = isSelected ? MBUS_SELECTED : Number(address)
    await ask(acknowledged(isSelected ? selectMbus(address) : resetMbus(primary)))
    const fields: MbusField[] = []
    for (let telegram = 0; telegram < TELEGRAMS_MAX; telegram++) {
      const frame = await ask({
        request: readMbus(primary, telegram % 2 === 0),
        cutter: mbusCutter,
        judge: (heard: MbusFrame) => {
          const isOurs = isSelected ? heard.identification === address : heard.address === primary
          if (!isOurs) return 'other'
          if (heard.kind === 'errorReply')
            return new MeterFault('refused', `the meter answers error ${heard.errorName ?? heard.errorCode ?? ''}`)
          return heard.kind === 'readReply' ? 'answer' : 'other'
        },
      })
      fields.push(...(frame.fields ?? []))
      if (!frame.moreFollows) return fields.filter(isPresent)
    }
    throw new MeterFault('garbled', `the meter has no end after ${TELEGRAMS_MAX} telegrams`)
  }

/** The present value of the meter itself, not a stored one, a tariff or a part of it. */
const isPresent = ({ function: kind, storage, tariff, subunit }: MbusField): boolean =>
  kind === 'instantaneous' && storage === 0 && tariff === 0 && subunit === 0

const acknowledged = (request: Uint8Array) => ({
  request,
  cutter: mbusCutter,
  judge: ({ kind }: MbusFrame) => (kind === 'acknowledgement' ? ('answer' as const) : ('other' as const)),
})
