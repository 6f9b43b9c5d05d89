// Reads the wanted registers of a Modbus device in as few requests as its map allows: only registers that the map
// names are asked for (docs/rules/devices.md#modbus).

import { bytesOfHex, type Field } from '../codecs/answer.ts'
import { type ModbusFrame, modbusCutter } from '../codecs/modbus.ts'
import { modbusFields, type Register, wordsOf } from '../codecs/modbus-map.ts'
import { type ModbusTarget, readModbus, writeModbus, writeModbusCoil } from '../codecs/modbus-request.ts'
import type { TemplateOf } from '../template.ts'
import { type Ask, type Bearing, MeterFault } from './exchange.ts'

const READ_REGISTERS_MAX = 125

export function modbusAddress(text: string): { address: string } | { reason: string } {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return { address: String(Number(text)) }
  return { reason: `"${text}" is not a Modbus unit: 0 to 255` }
}

export function modbusReader(template: TemplateOf<'modbus'>, target: ModbusTarget, fields: readonly string[]) {
  const registers = template.registers.filter(({ name }) => fields.includes(name))
  const blocks = blocksOf(registers)
  let transaction = 0
  return async (ask: Ask): Promise<Field[]> => {
    const found: Field[] = []
    for (const block of blocks) {
      transaction = (transaction + 1) & 0xffff
      const { table, start, count } = block
      const own = { ...target, transaction }
      const frame = await ask({
        request: readModbus(own, block),
        cutter: modbusCutter({ transport: target.transport, direction: 'reply' }),
        judge: (heard) => judge(heard, own, block),
      })
      const data = bytesOfHex(frame.dataHex ?? '') ?? new Uint8Array()
      const inBlock = (one: Register) =>
        one.table === table && one.address >= start && one.address + wordsOf(one) <= start + count
      found.push(...modbusFields({ registers: registers.filter(inBlock) }, { table, start, data }))
    }
    return found
  }
}

/** One holding register or one coil, and what it is set to. */
export type ModbusSetting = { address: number; value: number } | { coil: number; isOn: boolean }

/** Writes one holding register or coil. Throws a MeterFault where the device does not confirm it. */
export async function writeModbusSetting(ask: Ask, target: ModbusTarget, setting: ModbusSetting): Promise<void> {
  const [start, kind, request] =
    'coil' in setting
      ? [setting.coil, 'writeMultipleCoilsReply', writeModbusCoil(target, setting.coil, setting.isOn)]
      : [setting.address, 'writeMultipleRegistersReply', writeModbus(target, setting.address, [setting.value])]
  await ask({
    request,
    cutter: modbusCutter({ transport: target.transport, direction: 'reply' }),
    judge: (heard: ModbusFrame): Bearing => {
      if (heard.unit !== target.unit) return 'other'
      if (heard.exception !== undefined)
        return new MeterFault('refused', `the device answers exception ${heard.exception} ${heard.exceptionName ?? ''}`)
      return heard.kind === kind && heard.start === start ? 'answer' : 'other'
    },
  })
}

interface Block {
  table: Register['table']
  start: number
  count: number
}

/** Registers that lie side by side are read together; nothing is read that the map does not name. */
function blocksOf(registers: readonly Register[]): Block[] {
  const blocks: Block[] = []
  for (const table of ['holding', 'input'] as const) {
    let open: Block | undefined
    for (const register of registers
      .filter((one) => one.table === table)
      .toSorted((one, other) => one.address - other.address)) {
      const end = register.address + wordsOf(register)
      if (open && register.address === open.start + open.count && end - open.start <= READ_REGISTERS_MAX)
        open.count = end - open.start
      else {
        open = { table, start: register.address, count: wordsOf(register) }
        blocks.push(open)
      }
    }
  }
  return blocks
}

const KINDS = { holding: 'readHoldingRegisters', input: 'readInputRegisters' } as const
/** Exceptions that ask for patience: acknowledge, server device busy. */
const BUSY = new Set(['acknowledge', 'serverDeviceBusy'])

function judge(frame: ModbusFrame, { unit, transport, transaction }: ModbusTarget, { table, count }: Block): Bearing {
  if (frame.unit !== unit || (transport === 'tcp' && frame.transaction !== transaction)) return 'other'
  if (frame.exception !== undefined) {
    const { exception, exceptionName = 'unknown' } = frame
    const code = BUSY.has(exceptionName) ? 'busy' : 'refused'
    return new MeterFault(code, `the device answers exception ${exception} ${exceptionName}`)
  }
  const bytes = (frame.dataHex ?? '').split(' ').length
  return frame.kind === `${KINDS[table]}Reply` && bytes === 2 * count ? 'answer' : 'other'
}
