// Lines of simulated meters over real sockets: every protocol, every fault, and a fair share for every meter.

import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { encodeDlt645 } from '../../../devices/codecs/dlt645-request.ts'
import { LinePlanner, lineSchema } from '../../../devices/lines/line-config.ts'
import { type LinesSource, linesSource } from '../../../devices/lines/lines-source.ts'
import { type LineFault, startSimulatedLine } from '../../../devices/simulated/line.ts'
import {
  type SimulatedDevice,
  simulatedCjt188,
  simulatedDlt645,
  simulatedMbus,
  simulatedModbus,
} from '../../../devices/simulated/meter.ts'
import type { Reading } from '../../../devices/source.ts'
import { findTemplate } from '../../../devices/template-files.ts'
import { freePort, until } from '../broker.ts'

interface LineInput {
  name?: string
  tcp: string
  modbus?: 'tcp' | 'rtu'
  timeoutMs?: number
  retries?: number
  meters: { template: string; address: string; meter: string; everySeconds?: number }[]
}

/** Fast enough for a test; one second between polls is the least that a file may say. */
function sourceOf(inputs: readonly LineInput[], everyMs = 20): LinesSource {
  const planner = new LinePlanner((name) => findTemplate(name, '.'))
  const lines = inputs.map((input, index) => {
    const config = lineSchema.parse({ name: `line ${index}`, timeoutMs: 80, silenceMs: 0, byteGapMs: 30, ...input })
    const { devices, issues } = planner.plan(config, ['lines', index])
    expect(issues).toEqual([])
    return { config, devices: devices.map((device) => ({ ...device, everyMs })) }
  })
  return linesSource({ lines })
}

/** Readings until `isEnough`, by meter, in order. */
async function read(source: LinesSource, isEnough: (values: Map<string, number[]>) => boolean) {
  const stopping = new AbortController()
  const values = new Map<string, number[]>()
  const running = (async () => {
    for await (const block of source.readings(stopping.signal)) for (const reading of block) note(values, reading)
  })()
  await until('enough is read', () => isEnough(values)).finally(() => stopping.abort())
  await running
  return values
}
const note = (values: Map<string, number[]>, { meter, value }: Reading): void => {
  values.set(meter, [...(values.get(meter) ?? []), value])
}
const each = (meters: readonly string[], count: number) => (values: Map<string, number[]>) =>
  meters.every((id) => (values.get(id)?.length ?? 0) >= count)

/** Rising, each said by the meter, none twice. */
function expectTrue(values: readonly number[] = [], { said }: SimulatedDevice): void {
  expect(values.filter((value) => !said.includes(value))).toEqual([])
  expect(values).toEqual([...new Set(values)].sort((a, b) => a - b))
}

async function lineOf(meters: SimulatedDevice[], options: Partial<Parameters<typeof startSimulatedLine>[0]> = {}) {
  const line = await startSimulatedLine({ meters, ...options })
  onTestFinished(() => line.close())
  return `127.0.0.1:${line.port}`
}

const registers = { table: 'input', start: 5 } as const
type Case = [name: string, template: string, meter: SimulatedDevice, modbus?: 'tcp' | 'rtu']
const CASES: Case[] = [
  ['DL/T 645-2007', 'dlt645-2007', simulatedDlt645({ address: '000012345678', value: 1234.56 })],
  ['DL/T 645-1997', 'dlt645-1997', simulatedDlt645({ address: '000012345678', value: 99.99, edition: '1997' })],
  ['CJ/T 188', 'cjt188-water', simulatedCjt188({ address: '00000012345678', value: 77.5 })],
  ['Modbus TCP', 'eastron', simulatedModbus({ address: '1', value: 500_000, transport: 'tcp', ...registers }), 'tcp'],
  ['Modbus RTU', 'eastron', simulatedModbus({ address: '7', value: 0, transport: 'rtu', ...registers }), 'rtu'],
  ['M-Bus', 'mbus-water', simulatedMbus({ address: '5', value: 12.34, water: true })],
  ['M-Bus by number', 'mbus-heat', simulatedMbus({ address: '12345678', value: 12.34 })],
]

/** The simulated Modbus meter has one register of hundredths. */
const template = (name: string): string => (name === 'eastron' ? 'test/devices/lines/hundredths.json' : name)

test.each(CASES)('%s: every value is one that the meter said', async (_, name, meter, modbus) => {
  const tcp = await lineOf([meter])
  const meters = [{ template: template(name), address: meter.address, meter: 'M1' }]
  const source = sourceOf([{ tcp, meters, ...(modbus && { modbus }) }])
  const values = await read(source, each(['M1'], 5))
  expectTrue(values.get('M1'), meter)
  expect(source.health()[0]?.meters[0]).toMatchObject({ state: 'answers', failures: 0 })
})

const FAULTS: [LineFault | 'echo', reason: string | null][] = [
  ['noise', null],
  ['split', null],
  ['slow', null],
  ['echo', null],
  ['corrupt', null],
  ['wrongMeter', null],
  ['late', null],
]
test.each(FAULTS)('%s: values stay true on a line of three protocols', async (fault) => {
  const meters = [
    simulatedDlt645({ address: '000000000001', value: 1 }),
    simulatedCjt188({ address: '00000000000002', value: 2 }),
    simulatedModbus({ address: '3', value: 3, transport: 'rtu', ...registers }),
  ]
  let turn = 0
  const isPassing = fault === 'noise' || fault === 'split' || fault === 'slow'
  const tcp = await lineOf(meters, {
    echo: fault === 'echo',
    lateMs: 110,
    random: () => ((turn * 37) % 101) / 101,
    // What spoils an answer happens every other time.
    faultOf: () => (fault === 'echo' || (++turn % 2 && !isPassing) ? undefined : fault),
  })
  const templates = ['dlt645-2007', 'cjt188-water', template('eastron')]
  const devices = meters.map(({ address }, n) => ({ template: templates[n] ?? '', address, meter: `M${n}` }))
  const values = await read(sourceOf([{ tcp, modbus: 'rtu', meters: devices }]), each(['M0', 'M1', 'M2'], 3))
  for (const [n, meter] of meters.entries()) expectTrue(values.get(`M${n}`), meter)
})

test('dead meters do not starve the others, and are told with their reason', async () => {
  const live = Array.from({ length: 4 }, (_, n) => simulatedDlt645({ address: `${n + 1}`.padStart(12, '0'), value: n }))
  const tcp = await lineOf(live)
  const addresses = Array.from({ length: 20 }, (_, n) => `${n + 1}`.padStart(12, '0'))
  const meters = addresses.map((address, n) => ({ template: 'dlt645-2007', address, meter: `M${n}` }))
  const source = sourceOf([{ tcp, meters, timeoutMs: 60, retries: 0 }], 200)
  const startMs = performance.now()
  const values = await read(source, each(['M0', 'M1', 'M2', 'M3'], 8))
  const rounds = (performance.now() - startMs) / (16 * 60)
  const [report] = source.health()
  expect(report?.meters.filter(({ state }) => state === 'answers')).toHaveLength(4)
  expect(report?.meters.filter(({ state }) => state === 'fails').every(({ reason }) => reason === 'silent')).toBe(true)
  // Without back-off each round of the 16 dead would come before the next one of the living.
  expect(rounds).toBeLessThan(8)
  expect([...values.keys()].sort()).toEqual(['M0', 'M1', 'M2', 'M3'])
})

test('an answer in parts is put together, and a part out of turn is refused', async () => {
  const address = '000000000009'
  const di = [0x33, 0x33, 0x34, 0x33].map((byte) => byte - 0x33)
  const parts: [control: number, data: number[]][] = [
    [0xb1, [...di, 0x56, 0x34]],
    [0x92, [...di, 0x12, 0x00, 1]],
  ]
  const server = createServer((socket: Socket) => {
    socket.on('data', (bytes) => {
      const [control, data] = parts[bytes[8] === 0x11 ? 0 : 1] ?? [0, []]
      socket.write(encodeDlt645({ address, control, data: Uint8Array.from(data) }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const tcp = `127.0.0.1:${Object(server.address()).port}`
  const source = () => sourceOf([{ tcp, meters: [{ template: 'dlt645-2007', address, meter: 'M1' }] }])
  expect((await read(source(), each(['M1'], 1))).get('M1')?.[0]).toBe(1234.56)
  parts[1] = [0x92, [...di, 0x12, 0x00, 7]]
  const refusing = source()
  await read(refusing, () => refusing.health()[0]?.meters[0]?.reason === 'garbled')
})

test('a refusal is told and not asked again', async () => {
  const tcp = await lineOf([simulatedDlt645({ address: '000000000001', value: 1, edition: '2007' })])
  const meters = [{ template: 'test/devices/lines/unknown-identifier.json', address: '1', meter: 'M1' }]
  const source = sourceOf([{ tcp, meters }])
  await read(source, () => source.health()[0]?.meters[0]?.state === 'fails')
  expect(source.health()[0]?.meters[0]).toMatchObject({ reason: 'refused', retries: 0 })
  expect(source.health()[0]?.meters[0]?.detail).toContain('noRequestedData')
})

test('a line that is away is told, and its meters are read once it is there', async () => {
  const port = await freePort()
  const meter = simulatedDlt645({ address: '000000000001', value: 1 })
  const source = sourceOf([
    { tcp: `127.0.0.1:${port}`, meters: [{ template: 'dlt645-2007', address: '1', meter: 'M1' }] },
  ])
  const reading = read(source, each(['M1'], 2))
  await until('the line is told', () => source.health()[0]?.state === 'closed')
  expect(source.health()[0]?.reason).toContain('ECONNREFUSED')
  const line = await startSimulatedLine({ meters: [meter], port })
  onTestFinished(() => line.close())
  expectTrue((await reading).get('M1'), meter)
})

test('a serial line without its package says what to install, and the others run', async () => {
  const meter = simulatedDlt645({ address: '000000000001', value: 1 })
  const tcp = await lineOf([meter])
  const planner = new LinePlanner((name) => findTemplate(name, '.'))
  const device = (id: string) => [{ template: 'dlt645-2007', address: '1', meter: id }]
  const configs = [
    lineSchema.parse({ name: 'serial', serial: { path: '/dev/no-such-port' }, meters: device('S1') }),
    lineSchema.parse({ name: 'tcp', tcp, meters: device('M1') }),
  ]
  const lines = configs.map((config, n) => ({ config, devices: planner.plan(config, ['lines', n]).devices }))
  const source = linesSource({ lines })
  const values = await read(source, (found) => each(['M1'], 1)(found) && source.health()[0]?.state === 'closed')
  expectTrue(values.get('M1'), meter)
  expect(source.health()[0]?.reason).toMatch(/npm install serialport|there is no serial port \/dev\/no-such-port/)
})
