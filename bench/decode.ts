// Frames a second that each decoder reads, beside summing the same bytes once. The frames are made here, with values
// that differ, so that no answer is remembered.

import { encodeCjt188 } from '../devices/codecs/cjt188-request.ts'
import { encodeDlt645 } from '../devices/codecs/dlt645-request.ts'
import { encodeMbus } from '../devices/codecs/mbus-request.ts'
import { encodeModbus } from '../devices/codecs/modbus-request.ts'
import { encodeMohurd, type MohurdFrame } from '../devices/codecs/mohurd.ts'
import { collectorData } from '../devices/codecs/mohurd-data.ts'
import { type DecodeOptions, decodeFrames, type ProtocolName } from '../devices/codecs/protocols.ts'
import { median, type RateRow } from './table.ts'

const FRAMES = 1_000
const FRAMES_A_ROUND = 200_000
const ROUNDS = 3
const BAR = 200_000

const pair = (value: number): number => (Math.floor(value / 10) % 10) * 16 + (value % 10)

const SECRETS = { key: new Uint8Array(16).fill(1), iv: new Uint8Array(16).fill(1) }

const reportXml = (index: number): string => {
  const meters = Array.from(
    { length: 8 },
    (_, n) => `<meter id="${n}"><function id="1" coding="01000" error="0">${(index * 8 + n) / 100}</function></meter>`,
  )
  return (
    '<root><common><building_id>330302D110</building_id><gateway_id>01</gateway_id><type>report</type></common>' +
    `<data operation="report"><sequence>${index}</sequence><parser>yes</parser><time>20261130081500</time>` +
    `${meters.join('')}</data></root>`
  )
}

interface Maker {
  protocol: ProtocolName
  make: (index: number) => Uint8Array
  options?: DecodeOptions
  /** What is read of the frame beyond its parts. */
  read?: (frame: { xml?: string | null }) => void
}
const makers: Record<string, Maker> = {
  'DL/T 645, energy': {
    protocol: 'dlt645',
    make: (index) =>
      encodeDlt645({
        address: String(index).padStart(12, '0'),
        control: 0x91,
        data: Uint8Array.of(0, 0, 1, 0, pair(index), pair(index >> 3), 0x12, 0),
      }),
  },
  'CJ/T 188, water': {
    protocol: 'cjt188',
    make: (index) =>
      encodeCjt188({
        meterType: 0x10,
        address: String(index).padStart(14, '0'),
        control: 0x81,
        data: Uint8Array.of(
          ...[0x90, 0x1f, 0, pair(index), pair(index >> 3), 0, 0, 0x2c, 0, 0, 0, 0, 0x2c],
          ...[0x31, 1, 0x22, 0x11, 5, 0x15, 0x20, 0, 0],
        ),
      }),
  },
  'Modbus, 10 registers': {
    protocol: 'modbus',
    make: (index) =>
      encodeModbus(
        { unit: 1, transport: 'rtu' },
        Uint8Array.of(3, 20, ...Array.from({ length: 20 }, (_, at) => index + at)),
      ),
  },
  'M-Bus, heat': {
    protocol: 'mbus',
    make: (index) =>
      encodeMbus({
        control: 0x08,
        address: 1,
        ci: 0x72,
        data: Uint8Array.of(
          ...[0x95, 0x50, 0x26, 0x21, 0xae, 0x4c, 0x0e, 4, index & 0xff, 0x10, 0, 0],
          ...[0x0c, 0x06, pair(index), 0, 0, 0, 0x0c, 0x13, 0, 0, 0, 0, 0x02, 0x5a, index & 0xff, 0],
        ),
      }),
  },
  'MOHURD, heartbeat, without key': {
    protocol: 'mohurd',
    make: (index) =>
      encodeMohurd({
        xml: `<root><common><building_id>330302D110</building_id><type>notify</type></common>${index}</root>`,
        secrets: SECRETS,
      }),
  },
  'MOHURD, heartbeat, AES and envelope': {
    protocol: 'mohurd',
    options: { secrets: SECRETS },
    make: (index) =>
      encodeMohurd({
        xml: `<root><common><building_id>330302D110</building_id><type>notify</type></common>${index}</root>`,
        secrets: SECRETS,
      }),
  },
  'MOHURD, report of 8 values, AES and XML': {
    protocol: 'mohurd',
    options: { secrets: SECRETS },
    make: (index) => encodeMohurd({ xml: reportXml(index), secrets: SECRETS }),
    read: (frame) => {
      if (collectorData(frame.xml ?? '')?.values.length !== 8) throw new Error('a good report was not read')
    },
  },
}

export async function benchDecode(scale: number): Promise<RateRow[]> {
  return Object.entries(makers).map(([what, { protocol, make, options, read }]) => {
    const frames = Array.from({ length: FRAMES }, (_, index) => make(index))
    const count = Math.max(FRAMES, Math.round(FRAMES_A_ROUND * scale))
    const decode = (bytes: Uint8Array): void => {
      const frame = decodeFrames(protocol, bytes, options)
      if ('error' in frame) throw new Error(`${what}: a good frame was refused`)
      read?.(frame as MohurdFrame)
    }
    const ours: number[] = []
    const sums: number[] = []
    let cpuMicros = 0
    for (let round = 0; round <= ROUNDS; round++) {
      const cpu = process.cpuUsage()
      const rate = rateOf(frames, count, decode)
      const { user, system } = process.cpuUsage(cpu)
      const sumRate = rateOf(frames, count, sumBytes)
      if (round === 0) continue
      ours.push(rate)
      sums.push(sumRate)
      cpuMicros += (user + system) / ROUNDS
    }
    const reference = { what: 'bytes of the same frames summed', readingsPerSecond: median(sums) }
    return {
      what: `decode, ${what}`,
      readingsPerSecond: median(ours),
      reference,
      ratio: median(ours) / reference.readingsPerSecond,
      bar: { readingsPerSecond: BAR },
      rounds: ours,
      cpuMicrosPerReading: cpuMicros / count,
      more: {},
    }
  })
}

let summed = 0
function sumBytes(bytes: Uint8Array): void {
  for (const byte of bytes) summed = (summed + byte) | 0
}

function rateOf(frames: readonly Uint8Array[], count: number, work: (bytes: Uint8Array) => void): number {
  const startMs = performance.now()
  for (let done = 0; done < count; done += frames.length) for (const frame of frames) work(frame)
  return (1000 * Math.ceil(count / frames.length) * frames.length) / (performance.now() - startMs)
}
