// A source of readings over lines: each line polls its own meters, and what they answer becomes readings. Also says how
// lines and meters do, for the gateway's status.

import type { Dlt645Relay } from '../codecs/dlt645-request.ts'
import { HandOver } from '../hand-over.ts'
import { type Log, silentLog } from '../log.ts'
import type { Reading, Source } from '../source.ts'
import { switchDlt645 } from './dlt645-reader.ts'
import type { Ask } from './exchange.ts'
import { fieldReading } from './field-reading.ts'
import { type LineHealth, type LineMeter, type MeterHealth, MeterLine } from './line.ts'
import { type LineConfig, type PlannedDevice, transportOf } from './line-config.ts'
import { type ModbusSetting, writeModbusSetting } from './modbus-reader.ts'
import { meterReader } from './reader.ts'

interface PolledMeter extends LineMeter {
  device: PlannedDevice
}

/** A line that is right, and its devices. */
export interface PlannedLine {
  config: LineConfig
  devices: readonly PlannedDevice[]
}

export interface LinesSourceOptions {
  lines: readonly PlannedLine[]
  log?: Log
  now?: () => number
}

export interface LineReport extends LineHealth {
  name: string
  meters: (MeterHealth & { address: string; ids: string[] })[]
}

/** A register or coil of a Modbus device, or the relay of a DL/T 645 meter. */
export type MeterSetting = ModbusSetting | { relay: Omit<Dlt645Relay, 'untilMs'> }

export interface LinesSource extends Source {
  health(): LineReport[]
  /** The device of a meter is asked next; false where the meter is none of these lines'. */
  readNow(meter: string): boolean
  setInterval(meter: string, everyMs: number): boolean
  /** Resolves when the device has confirmed; rejects with its reason, or when the line was not free by `untilMs`. */
  write(meter: string, setting: MeterSetting, untilMs: number): Promise<void>
}

export function linesSource({ lines, log = silentLog, now = Date.now }: LinesSourceOptions): LinesSource {
  const handOver = new HandOver<Reading[]>()
  const made = lines.map(({ config, devices }) => lineOf(config, devices))
  return {
    async *readings(signal) {
      signal.addEventListener('abort', () => handOver.release(), { once: true })
      const running = Promise.all(made.map((line) => line.run(signal))).finally(() => handOver.end())
      running.catch(() => {})
      yield* handOver.items()
      await running
    },
    health: () =>
      made.map((line) => ({
        ...{ name: line.name, ...line.health },
        meters: line.meters().map(({ meter: { device }, health }) => ({
          ...{ address: device.target.address, ids: [...device.meters.values()], ...health },
        })),
      })),
    readNow(meterId) {
      const found = placeOf(meterId)
      found?.line.readNow(({ device }) => device === found.device)
      return found !== undefined
    },
    setInterval(meterId, everyMs) {
      const found = placeOf(meterId)
      found?.line.setInterval(({ device }) => device === found.device, everyMs)
      return found !== undefined
    },
    async write(meterId, setting, untilMs) {
      const found = placeOf(meterId)
      const work = found && workOf(found.device.target, setting, untilMs)
      if (!found || !work)
        throw new Error(`meter ${meterId} is no ${'relay' in setting ? 'DL/T 645-2007 meter' : 'Modbus device'}`)
      await found.line.errand(async (ask) => {
        if (now() >= untilMs) throw new Error('the command expired before the line was free')
        await work(ask)
      })
    },
  }

  function placeOf(meterId: string) {
    for (const line of made)
      for (const { meter } of line.meters())
        if ([...meter.device.meters.values()].includes(meterId)) return { line, device: meter.device }
    return undefined
  }

  function lineOf(config: LineConfig, devices: readonly PlannedDevice[]): MeterLine<PolledMeter> {
    const { name, timeoutMs, byteGapMs, silenceMs, retries } = config
    return new MeterLine({
      ...{ name, retries, now, log, transport: transportOf(config), limits: { timeoutMs, byteGapMs, silenceMs } },
      meters: devices.map((device) => ({
        ...{ device, everyMs: device.everyMs, read: meterReader(device.target) },
        label: `${device.target.template.protocol} ${device.target.address}`,
      })),
      take: async ({ device }, fields, atMs) => {
        const readings = [...device.meters].flatMap(([name, id]) => {
          const field = fields.find((one) => one.name === name)
          const reading = field && fieldReading(id, field, atMs)
          if (!reading) log.warn('a meter answers without the wanted value', { meter: id, field: name })
          return reading ? [reading] : []
        })
        if (readings.length > 0) await handOver.offer(readings)
      },
    })
  }
}

/** What is asked of the line to make a setting; undefined where the device has no such thing. */
function workOf(
  { template, address, framing }: PlannedDevice['target'],
  setting: MeterSetting,
  untilMs: number,
): ((ask: Ask) => Promise<void>) | undefined {
  if (!('relay' in setting))
    return template.protocol === 'modbus'
      ? (ask) => writeModbusSetting(ask, { unit: Number(address), transport: framing }, setting)
      : undefined
  const isNew = template.protocol === 'dlt645' && template.edition === '2007'
  return isNew ? (ask) => switchDlt645(ask, address, { ...setting.relay, untilMs }) : undefined
}
