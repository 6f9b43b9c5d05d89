// The part of a gateway's configuration file that names lines and their meters, and the lines made from it. A line that
// is wrong is told with its field and reason; the others are made (docs/rules/devices.md#gateway-configuration).

import * as z from 'zod'
import { RECORD_ID } from '../../domain/registry/records.ts'
import type { Template } from '../template.ts'
import { ADDRESS_ASKED } from './dlt645-reader.ts'
import type { Transport } from './open-port.ts'
import { addressOf, hasField, type MeterTarget } from './reader.ts'

const METERS_MAX = 1_000
const DAY_S = 24 * 3_600
const SILENCE_MS = 50
const TIMEOUT_MS = 2_000
const BYTE_GAP_MS = 300

const meterId = z.string().regex(RECORD_ID, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
const everySeconds = z.number().min(1).max(DAY_S)

const deviceSchema = z
  .strictObject({
    /** A name of devices/templates/, or a path ending in .json from the folder of the configuration file. */
    template: z.string().min(1, 'is empty'),
    /** As on the meter's face; its form depends on the protocol. */
    address: z.union([z.string().min(1, 'is empty'), z.int().min(0)]),
    /** The meter's id in the registry, for the template's main field. */
    meter: meterId.optional(),
    /** Or several: names of the template's fields with meter ids. */
    meters: z.record(z.string(), meterId).optional(),
    everySeconds: everySeconds.optional(),
  })
  .refine(({ meter, meters }) => (meter === undefined) !== (meters === undefined), {
    error: 'needs either "meter" or "meters"',
  })

const tcp = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be host:port, e.g. 192.168.1.7:502')
const serial = z.strictObject({
  path: z.string().min(1, 'is empty'),
  baud: z.int().min(300).max(921_600).default(2_400),
  parity: z.enum(['none', 'even', 'odd']).default('even'),
  dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
})

export const lineSchema = z
  .strictObject({
    name: z.string().min(1).max(64),
    tcp: tcp.optional(),
    serial: serial.optional(),
    /** How Modbus frames are carried; tcp on a TCP line, rtu on a serial one. A transparent DTU needs rtu. */
    modbus: z.enum(['tcp', 'rtu']).optional(),
    everySeconds: everySeconds.default(60),
    timeoutMs: z.int().min(50).max(60_000).default(TIMEOUT_MS),
    byteGapMs: z.int().min(10).max(5_000).default(BYTE_GAP_MS),
    silenceMs: z.int().min(0).max(5_000).default(SILENCE_MS),
    retries: z.int().min(0).max(10).default(2),
    meters: z.array(deviceSchema).min(1).max(METERS_MAX),
  })
  .refine((line) => (line.tcp === undefined) !== (line.serial === undefined), {
    error: 'needs either "tcp" or "serial"',
  })

export type LineConfig = z.output<typeof lineSchema>
type DeviceConfig = LineConfig['meters'][number]

export interface ConfigIssue {
  path: PropertyKey[]
  message: string
}

/** A device of a line: what is asked, and which field is which meter. */
export interface PlannedDevice {
  target: MeterTarget
  /** Field of the template → meter id. */
  meters: ReadonlyMap<string, string>
  everyMs: number
}

/** Throws an Error with the reason where there is no such template. */
export type FindTemplate = (name: string) => Template

/** Checks what the schema alone cannot see: templates, addresses, fields, and what stands twice. */
export class LinePlanner {
  readonly #find: FindTemplate
  readonly #meterIds = new Set<string>()
  readonly #places = new Set<string>()

  constructor(find: FindTemplate) {
    this.#find = find
  }

  /** The devices of a line, or what is wrong with it; `path` is where the line stands. */
  plan(line: LineConfig, path: PropertyKey[]): { devices: PlannedDevice[]; issues: ConfigIssue[] } {
    const issues: ConfigIssue[] = []
    const place = line.tcp ?? line.serial?.path ?? ''
    if (this.#places.has(place))
      issues.push({ path: [...path, line.tcp ? 'tcp' : 'serial'], message: `another line uses ${place} already` })
    this.#places.add(place)
    const addresses = new Set<string>()
    const devices = line.meters.flatMap((device, index) => {
      const found = this.#device(line, device)
      const at = [...path, 'meters', index]
      if ('message' in found) {
        issues.push({ path: [...at, ...found.path], message: found.message })
        return []
      }
      const key = `${found.target.template.protocol} ${found.target.address}`
      if (found.target.address === ADDRESS_ASKED && line.meters.length > 1)
        issues.push({
          path: [...at, 'address'],
          message: `"${ADDRESS_ASKED}" is for a meter that is alone on its line`,
        })
      if (addresses.has(key))
        issues.push({ path: [...at, 'address'], message: `${found.target.address} stands twice on this line` })
      addresses.add(key)
      issues.push(...this.#idsTwice(found, device, at))
      return [found]
    })
    return { devices, issues }
  }

  #device(line: LineConfig, device: DeviceConfig): PlannedDevice | ConfigIssue {
    let template: Template
    try {
      template = this.#find(device.template)
    } catch (error) {
      return { path: ['template'], message: error instanceof Error ? error.message : String(error) }
    }
    const found = addressOf(template.protocol, String(device.address))
    if ('reason' in found) return { path: ['address'], message: found.reason }
    const meters = new Map(device.meter ? [[template.main, device.meter]] : Object.entries(device.meters ?? {}))
    const strange = [...meters.keys()].find((name) => !hasField(template, name))
    if (strange !== undefined)
      return { path: ['meters', strange], message: `the template ${device.template} has no such field` }
    if (meters.size === 0) return { path: ['meters'], message: 'is empty' }
    return {
      target: { template, address: found.address, fields: [...meters.keys()], framing: framingOf(line) },
      meters,
      everyMs: 1_000 * (device.everySeconds ?? line.everySeconds),
    }
  }

  #idsTwice({ meters }: PlannedDevice, device: DeviceConfig, at: PropertyKey[]): ConfigIssue[] {
    return [...meters].flatMap(([field, id]) => {
      const isTwice = this.#meterIds.has(id)
      this.#meterIds.add(id)
      if (!isTwice) return []
      return [{ path: [...at, ...(device.meter ? ['meter'] : ['meters', field])], message: `meter ${id} stands twice` }]
    })
  }
}

const framingOf = ({ modbus, tcp: address }: LineConfig): 'tcp' | 'rtu' => modbus ?? (address ? 'tcp' : 'rtu')

/** Only of a line that `lineSchema` has passed. */
export function transportOf({ tcp: address = '', serial: port }: LineConfig): Transport {
  if (port) return { serial: port }
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  return { tcp: { host, port: Number(address.slice(colon + 1)) } }
}
