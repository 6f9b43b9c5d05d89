// A simulated Modbus TCP meter with the registers of the template eastron-sdm630: to try the README without a meter.

import { type ModbusFrame, modbusCutter } from '../codecs/modbus.ts'
import { encodeModbus } from '../codecs/modbus-request.ts'
import { scanFrames } from '../codecs/stream.ts'
import type { SimulatedDevice } from './meter.ts'

const FORWARD_ACTIVE_ENERGY = 72

/** Says the same register for ever; all other registers are 0. */
export function simulatedSdm630({ address, kwh }: { address: string; kwh: number }): SimulatedDevice {
  const unit = Number(address)
  const isAsked = (frame: ModbusFrame): boolean => frame.unit === unit && frame.kind === 'readInputRegistersRequest'
  return {
    address,
    said: [kwh],
    answer(received) {
      const asked = scanFrames(received, modbusCutter({ transport: 'tcp', direction: 'request' })).frames.findLast(
        isAsked,
      )
      if (asked?.start === undefined || asked.count === undefined) return undefined
      const data = Buffer.alloc(2 * asked.count)
      const at = 2 * (FORWARD_ACTIVE_ENERGY - asked.start)
      if (at >= 0 && at + 4 <= data.length) data.writeFloatBE(kwh, at)
      const target = { unit, transport: 'tcp', transaction: asked.transaction ?? 0 } as const
      return encodeModbus(target, Uint8Array.of(4, data.length, ...data))
    },
  }
}
