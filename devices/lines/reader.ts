// How a meter is read: the questions of its protocol, made from its template and its address. One file a protocol;
// `meterReader` is the table.

import type { Field } from '../codecs/answer.ts'
import type { ModbusTransport } from '../codecs/modbus.ts'
import type { Template } from '../template.ts'
import { cjt188Address, cjt188Reader } from './cjt188-reader.ts'
import { dlt645Address, dlt645Reader } from './dlt645-reader.ts'
import type { Ask } from './exchange.ts'
import { mbusAddress, mbusReader } from './mbus-reader.ts'
import { modbusAddress, modbusReader } from './modbus-reader.ts'

/** Reads the wanted fields. Throws a MeterFault or LineClosed of `ask`. */
export type Reader = (ask: Ask) => Promise<Field[]>

export interface MeterTarget {
  template: Template
  /** As `addressOf` wrote it. */
  address: string
  /** Names of the wanted fields. */
  fields: readonly string[]
  /** Modbus: how frames are carried on this line. */
  framing: ModbusTransport
}

export function meterReader({ template, address, fields, framing }: MeterTarget): Reader {
  switch (template.protocol) {
    case 'dlt645':
      return dlt645Reader(template, address, fields)
    case 'cjt188':
      return cjt188Reader(template, address)
    case 'modbus':
      return modbusReader(template, { unit: Number(address), transport: framing }, fields)
    case 'mbus':
      return mbusReader(address)
  }
}

/** The address as the protocol writes it, or the reason why it is none. */
export function addressOf(protocol: Template['protocol'], text: string): { address: string } | { reason: string } {
  switch (protocol) {
    case 'dlt645':
      return dlt645Address(text)
    case 'cjt188':
      return cjt188Address(text)
    case 'modbus':
      return modbusAddress(text)
    case 'mbus':
      return mbusAddress(text)
  }
}

/** Whether the protocol's template can have a field of this name; templates of CJ/T 188 and M-Bus name none. */
export function hasField(template: Template, name: string): boolean {
  if (template.protocol === 'dlt645') return template.reads.some((read) => read.name === name)
  if (template.protocol === 'modbus') return template.registers.some((register) => register.name === name)
  return true
}
