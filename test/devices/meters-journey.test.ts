// From the meter's bytes to the stored register: 200 simulated meters of four protocols on 8 lines, with the faults of
// the field, a configuration file, a gateway and the host of one machine. Dead meters raise one alert each.

import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../devices/gateway.ts'
import { silentLog } from '../../devices/log.ts'
import { createRandom } from '../../devices/random.ts'
import { LINE_FAULTS, startSimulatedLine } from '../../devices/simulated/line.ts'
import {
  type SimulatedDevice,
  simulatedCjt188,
  simulatedDlt645,
  simulatedMbus,
  simulatedModbus,
} from '../../devices/simulated/meter.ts'
import type { AlertListView } from '../../domain/view/alert.ts'
import { clientOf } from '../../local/command/client.ts'
import { parseGatewayConfig } from '../../local/command/gateway-config.ts'
import { type Host, startHost } from '../../local/host.ts'
import { eventually, killed, projectRoot } from '../acceptance/host-process.ts'
import { testInCampaign } from '../campaign.ts'
import { meter, oneInstitution, register } from '../functions/province.ts'
import { temporaryFolder, until } from './broker.ts'
import { authority, startMosquitto } from './mosquitto.ts'

const LINES = 8
const METERS_PER_LINE = 25
const DEAD_PER_LINE = 2
/** One answer in eight goes wrong. */
const FAULT_SHARE = 1 / 8
const HOUR_MS = 3_600_000
const TEST_MS_MAX = 120_000

interface JourneyMeter {
  id: string
  medium: 'electricity' | 'water' | 'heat'
  device: SimulatedDevice
  template: string
  isDead: boolean
}

const HUNDREDTHS = join(import.meta.dirname, 'lines', 'hundredths.json')

/** Line and place of a meter decide its protocol: all four on each line that can carry them. */
function journeyMeter(line: number, place: number): JourneyMeter {
  const id = `L${line}-M${place}`
  const value = 100 * line + place + 0.25
  const number = `${place + 1}`
  const isDead = place < DEAD_PER_LINE
  if (isModbusTcp(line)) {
    const device = simulatedModbus({ address: number, value, transport: 'tcp', table: 'input', start: 5 })
    return { id, medium: 'electricity', template: HUNDREDTHS, device, isDead }
  }
  switch (place % 4) {
    case 0:
      return {
        ...{ id, medium: 'electricity', template: 'dlt645-2007', isDead },
        device: simulatedDlt645({ address: number.padStart(12, '0'), value }),
      }
    case 1:
      return {
        ...{ id, medium: 'water', template: 'cjt188-water', isDead },
        device: simulatedCjt188({ address: number.padStart(14, '0'), value }),
      }
    case 2:
      return {
        ...{ id, medium: 'electricity', template: HUNDREDTHS, isDead },
        device: simulatedModbus({ address: number, value, transport: 'rtu', table: 'input', start: 5 }),
      }
    default:
      return {
        ...{ id, medium: 'heat', template: 'mbus-heat', isDead },
        device: simulatedMbus({ address: number.padStart(8, '0'), value }),
      }
  }
}

const isModbusTcp = (line: number): boolean => line === LINES - 1

/** The lines, and what can go wrong on them; `isOver` is whether the dead are dead. */
async function startLines(meters: JourneyMeter[][], isOver: () => boolean) {
  const random = createRandom('meters-journey')
  return await Promise.all(
    meters.map(async (own, index) => {
      const faults = isModbusTcp(index) ? (['silence', 'split', 'slow'] as const) : LINE_FAULTS
      const line = await startSimulatedLine({
        meters: own.map(({ device }) => device),
        echo: index === 0,
        lateMs: 260,
        random: () => random.next(),
        faultOf: (device) => {
          if (isOver() && own.some((one) => one.device === device && one.isDead)) return 'silence'
          return random.next() < FAULT_SHARE ? faults[random.whole(0, faults.length - 1)] : undefined
        },
      })
      onTestFinished(() => line.close())
      return line.port
    }),
  )
}

function configOf(meters: JourneyMeter[][], ports: number[], identity: Record<string, string>) {
  const file = join(temporaryFolder(), 'gateway.yaml')
  const lines = meters.map((own, index) => ({
    ...{ name: `line ${index}`, tcp: `127.0.0.1:${ports[index]}`, everySeconds: 1, timeoutMs: 250, silenceMs: 1 },
    ...{ byteGapMs: 60, modbus: isModbusTcp(index) ? 'tcp' : 'rtu' },
    meters: own.map(({ id, template, device }) => ({ template, address: device.address, meter: id })),
  }))
  writeFileSync(file, JSON.stringify({ gateway: 'G-A', ...identity, outbox: 'g.outbox', lines }, null, 2))
  return file
}

async function hostWith(meters: readonly JourneyMeter[], now: () => number): Promise<{ host: Host; password: string }> {
  const data = join(temporaryFolder(), 'data')
  // Judged when the test says so: between two times no alert is true.
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {}, now, hold: true })
  onTestFinished(() => host.close())
  const unit = { electricity: 'kWh', water: 'm3', heat: 'kWh' } as const
  const records = meters.map(({ id, medium }) => meter(id, 'A', { medium, unit: unit[medium], intervalMinutes: 15 }))
  await register(host.platform, oneInstitution(records))
  const [made] = await host.platform.devices.provision([{ id: 'G-A' }])
  return { host, password: made.secret }
}

test(
  'every stored register is one that the meter said, and dead meters raise one alert each',
  async () => {
    // At first four hours ago: then the dead have been silent for four hours.
    let aheadMs = -4 * HOUR_MS
    let isOver = false
    const now = () => Date.now() + aheadMs
    const meters = Array.from({ length: LINES }, (_, line) =>
      Array.from({ length: METERS_PER_LINE }, (_, place) => journeyMeter(line, place)),
    )
    const all = meters.flat()
    const ports = await startLines(meters, () => isOver)
    const { host, password } = await hostWith(all, now)
    const file = configOf(meters, ports, { url: host.mqttUrl, password })
    const config = parseGatewayConfig(readFileSync(file, 'utf8'), file)
    expect(config.problems).toEqual([])
    const source = config.source(silentLog, { now })
    assert('health' in source)
    const gateway = startGateway({
      ...{ id: config.gateway, url: config.url, password, source, maxDelayMs: 50 },
      outbox: { file: config.outbox },
    })
    onTestFinished(() => gateway.stop())
    const answered = () =>
      new Map(source.health().flatMap((line) => line.meters.map((one) => [one.ids[0], one.answers])))
    const haveAll = (wanted: readonly JourneyMeter[], since: ReturnType<typeof answered>, count: number) => {
      const counts = answered()
      return wanted.every(({ id }) => (counts.get(id) ?? 0) >= (since.get(id) ?? 0) + count)
    }
    await eventually('each meter answers', () => haveAll(all, new Map(), 1), TEST_MS_MAX)
    // An answer that was under way when the dead died is over once they have failed again.
    const failures = () =>
      new Map(source.health().flatMap((line) => line.meters.map((one) => [one.ids[0], one.failures])))
    isOver = true
    const failed = failures()
    await eventually(
      'each dead meter is dead',
      () => all.every(({ id, isDead }) => !isDead || (failures().get(id) ?? 0) > (failed.get(id) ?? 0)),
      TEST_MS_MAX,
    )
    const before = answered()
    aheadMs = 0
    const living = all.filter(({ isDead }) => !isDead)
    await eventually('each living meter answers again', () => haveAll(living, before, 2), TEST_MS_MAX)
    await eventually('all is sent', () => gateway.figures().outbox.entries === 0)
    await gateway.stop()

    const ids = all.map(({ id }) => id)
    const stored = await host.platform.readings.range(ids, 0, Date.now() + 1)
    expect([...stored.values()].reduce((sum, { value }) => sum + value.length, 0)).toBe(gateway.figures().offered)
    for (const { id, device } of all) {
      const values = [...(stored.get(id)?.value ?? [])]
      expect(
        values.filter((value) => !device.said.includes(value)),
        id,
      ).toEqual([])
      expect(values, id).toEqual([...new Set(values)].sort((a, b) => a - b))
    }
    await host.handlers.settle({ shards: [] })
    await host.handlers.assess({ shards: [] })
    const { items } = await clientOf(host).get<AlertListView>('alerts?kind=meterSilent&limit=500')
    const dead = all.filter(({ isDead }) => isDead).map(({ id }) => id)
    expect(items.map(({ subject }) => subject.id).sort()).toEqual(dead.sort())
  },
  TEST_MS_MAX,
)

interface HeardMessage {
  seq: number
  readings: { meter: string; at: number; value: number }[]
}

/** A mosquitto with certificates on both sides, and all that it hears of the gateway G-A. */
async function startTlsBroker() {
  const certificates = authority(temporaryFolder())
  const [server, listener, own] = ['server', 'host', 'G-A'].map((name) => certificates.issue(name))
  assert(server && listener && own)
  const acl = 'pattern readwrite kw/v1/%u/#'
  const { port } = await startMosquitto({ authority: certificates, server, acl, host: 'host' })
  const url = `mqtts://127.0.0.1:${port}`
  const ca = readFileSync(certificates.authoritiesFile)
  const { certificateFile, keyFile } = listener
  const client = await connectAsync(url, { ca, cert: readFileSync(certificateFile), key: readFileSync(keyFile) })
  onTestFinished(() => client.endAsync(true))
  const heard: HeardMessage[] = []
  client.on('message', (_topic, payload) => heard.push(JSON.parse(String(payload))))
  await client.subscribeAsync('kw/v1/G-A/readings', { qos: 1 })
  const identity = {
    url,
    certificate: own.certificateFile,
    key: own.keyFile,
    authorities: certificates.authoritiesFile,
  }
  return { heard, identity }
}

testInCampaign(
  'a gateway that is killed goes on without loss or change, over TLS to mosquitto',
  async () => {
    const meters = Array.from({ length: LINES }, (_, line) =>
      Array.from({ length: METERS_PER_LINE }, (_, place) => journeyMeter(line, place)),
    )
    const ports = await startLines(meters, () => true)
    const { heard, identity } = await startTlsBroker()
    const file = configOf(meters, ports, identity)
    const random = createRandom('meters-journey-kill')
    for (let kill = 0; kill <= 5; kill++) {
      const child = spawn(process.execPath, [join(projectRoot, 'local', 'cli.ts'), 'gateway', '--config', file], {
        stdio: 'ignore',
      })
      onTestFinished(() => killed(child))
      const wanted = heard.length + random.whole(3, 9)
      await until(`run ${kill} is heard`, () => heard.length >= wanted, TEST_MS_MAX)
      const exited = once(child, 'exit')
      child.kill(kill === 5 ? 'SIGTERM' : 'SIGKILL')
      await exited
    }
    const bySeq = new Map<number, string>()
    for (const { seq, readings } of heard) {
      const text = JSON.stringify(readings)
      expect(bySeq.get(seq) ?? text, `message ${seq} is the same each time`).toBe(text)
      bySeq.set(seq, text)
    }
    // None is missing between the first and the last: what reached the outbox reached the broker.
    expect([...bySeq.keys()].sort((a, b) => a - b)).toEqual([...bySeq.keys()].map((_, n) => n + 1))
    const said = new Map(meters.flat().map(({ id, device }) => [id, new Set(device.said)]))
    const values = [...bySeq.values()].flatMap((text): HeardMessage['readings'] => JSON.parse(text))
    expect(values.filter(({ meter: id, value }) => !said.get(id)?.has(value))).toEqual([])
    const keys = values.map(({ meter: id, at }) => `${id} ${at}`)
    expect(new Set(keys).size).toBe(keys.length)
  },
  TEST_MS_MAX,
)
