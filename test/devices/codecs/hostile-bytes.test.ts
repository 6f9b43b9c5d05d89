// No bytes make a decoder throw, hang or grow: random ones, and good frames with bytes changed, lost and doubled.

import { describe, expect, test } from 'vitest'
import { isFrameError } from '../../../devices/codecs/answer.ts'
import { encodeCjt188 } from '../../../devices/codecs/cjt188-request.ts'
import { encodeDlt645 } from '../../../devices/codecs/dlt645-request.ts'
import { encodeMbus } from '../../../devices/codecs/mbus-request.ts'
import { encodeModbus } from '../../../devices/codecs/modbus-request.ts'
import { encodeMohurd } from '../../../devices/codecs/mohurd.ts'
import { decodeFrames, type ProtocolName } from '../../../devices/codecs/protocols.ts'
import { createRandom } from '../../../devices/random.ts'
import { CAMPAIGN, runsOf } from '../../campaign.ts'

const RUNS = runsOf({ test: 10_000, campaign: 1_000_000 })
const BYTES_MAX = 90
/** Of the heap, after all runs: what engines keep, not what answers weigh. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024
const secrets = { key: new Uint8Array(16).fill(1), iv: new Uint8Array(16).fill(2) }

type Draw = () => number
const byteOf = (draw: Draw): number => Math.floor(draw() * 256)
const some = (draw: Draw, max: number): Uint8Array =>
  Uint8Array.from({ length: Math.floor(draw() * max) }, () => byteOf(draw))

/** Frames whose checksum holds around data of any kind. */
const makers: Record<ProtocolName, (draw: Draw) => Uint8Array> = {
  dlt645: (draw) =>
    encodeDlt645({
      address: '123456789012',
      control: byteOf(draw),
      data: Uint8Array.of(
        byteOf(draw),
        [0, 1, 255][byteOf(draw) % 3] ?? 0,
        byteOf(draw) % 12,
        byteOf(draw) % 6,
        ...some(draw, 20),
      ),
    }),
  cjt188: (draw) =>
    encodeCjt188({
      ...{ meterType: [0x10, 0x20, 0x30, 0xaa, byteOf(draw)][byteOf(draw) % 5] ?? 0, address: '12345678901234' },
      control: draw() < 0.5 ? 0x81 : byteOf(draw),
      data: Uint8Array.of(
        0x90,
        0x1f,
        0,
        ...new Uint8Array([19, 43, 6, 0][byteOf(draw) % 4] ?? 0).map(() => byteOf(draw)),
      ),
    }),
  modbus: (draw) =>
    encodeModbus(
      { unit: 1, transport: draw() < 0.5 ? 'rtu' : 'tcp' },
      Uint8Array.of(byteOf(draw) % 20, ...some(draw, 30)),
    ),
  mbus: (draw) =>
    encodeMbus({
      control: 8,
      address: 1,
      ci: draw() < 0.9 ? 0x72 : byteOf(draw),
      data: Uint8Array.of(...new Uint8Array(12), ...some(draw, 60)),
    }),
  mohurd: (draw) => encodeMohurd({ xml: `<root><type>${byteOf(draw)}</type>`, secrets }),
}

/** Frames of functions that a stream looks for, with bytes in them that are frames where they stand alone. */
const known: typeof makers = {
  ...makers,
  modbus: (draw) =>
    encodeModbus({ unit: 1, transport: 'tcp' }, Uint8Array.of(3, 4, ...[0, 0, 0, 0].map(() => byteOf(draw)))),
  mbus: (draw) =>
    encodeMbus({
      control: 8,
      address: 1,
      ci: 0x72,
      data: Uint8Array.of(...new Uint8Array(12), 1, 0x13, 0xe5, ...some(draw, 40)),
    }),
}

function mutated(draw: Draw, frame: Uint8Array): Uint8Array {
  const kind = draw()
  const at = Math.floor(draw() * frame.length)
  if (kind < 0.3) return frame.with(at, byteOf(draw))
  if (kind < 0.5) return frame.subarray(0, at)
  if (kind < 0.6) return Uint8Array.of(...frame.subarray(at), ...frame)
  return frame
}

describe.each(Object.keys(makers) as ProtocolName[])('%s', (protocol) => {
  test(`answers ${RUNS} inputs`, () => {
    const draw = createRandom(`hostile ${protocol}`).next
    // A frame made anew costs more than it tells: the campaign changes each of these many times.
    const frames = Array.from({ length: 2_000 }, () => makers[protocol](draw))
    const before = process.memoryUsage().heapUsed
    for (let run = 0; run < RUNS; run++) {
      const input =
        run % 4 === 0 ? some(draw, BYTES_MAX) : mutated(draw, frames[run % frames.length] ?? new Uint8Array())
      const answer = decodeFrames(protocol, input, run % 8 === 1 ? { secrets, stream: true } : {})
      if (isFrameError(answer) && (answer.offset < 0 || answer.offset > input.length))
        expect.fail(`offset ${answer.offset} of ${input.length} bytes`)
    }
    if (CAMPAIGN) expect(process.memoryUsage().heapUsed - before).toBeLessThan(GROWTH_BYTES_MAX)
  }, 120_000)

  test('finds the same frames when a stream comes in pieces', () => {
    const draw = createRandom(`pieces ${protocol}`).next
    const told = protocol === 'modbus' ? { transport: 'tcp' as const } : {}
    const scan = (bytes: Uint8Array) =>
      decodeFrames(protocol, bytes, { ...told, stream: true }) as { frames: object[]; pendingBytes?: number }
    for (let round = 0; round < 20; round++) {
      const frame = known[protocol](draw)
      const two = Uint8Array.of(...frame, ...frame)
      const whole = scan(two)
      expect(whole.frames).toHaveLength(2)
      for (let at = 0; at < frame.length; at++) {
        const first = scan(two.subarray(0, at))
        expect(first.frames).toEqual([])
        const held = two.subarray(at - (first.pendingBytes ?? 0), at)
        expect(scan(Uint8Array.of(...held, ...two.subarray(at))).frames).toEqual(whole.frames)
      }
    }
  })
})
