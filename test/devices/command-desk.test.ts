// Commands to a gateway: each once, none that has expired, control only from the allow-list and after a confirmation;
// and the whole way from the API over MQTT to a Modbus register and back.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CommandDesk, type CommandResult } from '../../devices/command-desk.ts'
import { startGateway } from '../../devices/gateway.ts'
import { startSimulatedLine } from '../../devices/simulated/line.ts'
import { simulatedModbus } from '../../devices/simulated/meter.ts'
import { must } from '../../domain/must.ts'
import { clientOf } from '../../local/command/client.ts'
import { parseGatewayConfig } from '../../local/command/gateway-config.ts'
import { startHost } from '../../local/host.ts'
import { eventually } from '../acceptance/host-process.ts'
import { meter, oneInstitution, register } from '../functions/province.ts'
import { temporaryFolder } from './broker.ts'

const NOW_MS = Date.UTC(2026, 10, 29)
const SOON = NOW_MS + 60_000

function deskIn(folder: string, clock = { nowMs: NOW_MS }) {
  const acts: string[] = []
  const desk = new CommandDesk({
    actions: {
      readNow: (id) => acts.push(`read ${id}`) > 0 && id === 'M1',
      setInterval: (id, everyMs) => acts.push(`interval ${id} ${everyMs}`) > 0,
      write: async (id, address, value) => void acts.push(`write ${id} ${address} ${value}`),
    },
    allow: [{ meter: 'M1', address: 100, min: 160, max: 260 }],
    auditFile: join(folder, 'commands.jsonl'),
    now: () => clock.nowMs,
  })
  const send = (id: string, name: string, given?: unknown, expiresMs?: number) =>
    desk.take(Buffer.from(JSON.stringify({ v: 1, id, name, arguments: given, expiresMs })))
  return { acts, desk, send }
}

test('a command is done once, however often and after whatever restart it comes', async () => {
  const folder = temporaryFolder()
  const { acts, send } = deskIn(folder)
  const first = await send('c1', 'readNow', { meter: 'M1' })
  expect(first).toMatchObject({ id: 'c1', state: 'done' })
  expect(await send('c1', 'readNow', { meter: 'M1' })).toEqual(first)
  const again = deskIn(folder)
  expect(await again.send('c1', 'readNow', { meter: 'M1' })).toEqual(first)
  expect([acts, again.acts]).toEqual([['read M1'], []])
})

const write = { meter: 'M1', address: 100, value: 200 }
test.each([
  ['an expired one', 'readNow', { meter: 'M1' }, NOW_MS, 'expired'],
  ['an unknown one', 'relayOff', { meter: 'M1' }, SOON, 'no command of this gateway'],
  ['a register that is not allowed', 'writeRegister', { ...write, address: 101 }, SOON, 'not in the allow-list'],
  ['a value that is not allowed', 'writeRegister', { ...write, value: 261 }, SOON, 'not between 160 and 260'],
  ['control without an end', 'writeRegister', write, undefined, 'expiresMs'],
  ['control for a day', 'writeRegister', write, NOW_MS + 86_400_000, 'expiresMs'],
  ['a confirmation of nothing', 'confirm', { token: 'x' }, SOON, 'nothing waits'],
  ['one without arguments', 'setInterval', undefined, SOON, 'arguments'],
] as const)('%s does nothing and is logged', async (_, name, given, expiresMs, reason) => {
  const folder = temporaryFolder()
  const { acts, send } = deskIn(folder)
  expect(await send('c1', name, given, expiresMs)).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining(reason),
  })
  expect(acts).toEqual([])
  expect(readFileSync(join(folder, 'commands.jsonl'), 'utf8')).toContain('"state":"refused"')
})

test('control is done after its confirmation, once, and not when that comes late', async () => {
  const clock = { nowMs: NOW_MS }
  const { acts, send, desk } = deskIn(temporaryFolder(), clock)
  const { token } = must(await send('c1', 'writeRegister', write, SOON))
  expect(acts).toEqual([])
  expect(await send('c2', 'confirm', { token })).toMatchObject({ state: 'done' })
  expect(await send('c3', 'confirm', { token })).toMatchObject({ state: 'refused' })
  expect(acts).toEqual(['write M1 100 200'])
  const late = must(await send('c4', 'writeRegister', write, SOON))
  clock.nowMs = SOON
  expect(await send('c5', 'confirm', { token: late.token })).toMatchObject({ state: 'refused' })
  expect(await desk.take(Buffer.from('{'))).toBeUndefined()
  expect(acts).toHaveLength(1)
})

test('from the API over MQTT to a register, and the result back', async () => {
  const device = simulatedModbus({ address: '1', value: 7, transport: 'tcp', table: 'input', start: 5 })
  const line = await startSimulatedLine({ meters: [device] })
  onTestFinished(() => line.close())
  const folder = temporaryFolder()
  const host = await startHost({ data: join(folder, 'data'), port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {} })
  onTestFinished(() => host.close())
  await register(host.platform, oneInstitution([meter('A-E', 'A')]))
  const [{ secret }] = await host.platform.devices.provision([{ id: 'G-A' }])
  const template = join(import.meta.dirname, 'lines', 'hundredths.json')
  const file = join(folder, 'g.yaml')
  const text = JSON.stringify({
    ...{ gateway: 'G-A', url: host.mqttUrl, password: secret, outbox: 'g.outbox' },
    allow: [{ meter: 'A-E', address: 100, min: 160, max: 260 }],
    lines: [
      {
        name: 'a',
        tcp: `127.0.0.1:${line.port}`,
        everySeconds: 3_600,
        meters: [{ template, address: 1, meter: 'A-E' }],
      },
    ],
  })
  const config = parseGatewayConfig(text, file)
  const source = config.source({ info() {}, warn() {}, error() {} })
  if (!('readNow' in source)) throw new Error('the source has no lines')
  const desk = new CommandDesk({ actions: source, allow: config.allow, auditFile: join(folder, 'commands.jsonl') })
  const gateway = startGateway({
    ...{ id: 'G-A', url: host.mqttUrl, password: secret, source, outbox: { file: config.outbox } },
    onCommand: (payload) => desk.take(payload),
  })
  onTestFinished(() => gateway.stop())
  const client = clientOf(host)
  const told = async (id: string) => {
    interface Sent {
      id: string
      result: { value: CommandResult } | null
    }
    const { items } = await client.get<{ items: Sent[] }>('gateways/G-A/commands')
    return items.find((one) => one.id === id)?.result?.value
  }
  const ask = async (id: string, name: string, given: unknown) => {
    await client.post('gateways/G-A/commands', { id, name, arguments: given, expiresMs: Date.now() + 60_000 })
    return await eventually(`${id} is answered`, () => told(id))
  }
  await eventually('the gateway has sent a reading', () => gateway.figures().acknowledged === 1)
  expect(await ask('c1', 'readNow', { meter: 'A-E' })).toMatchObject({ state: 'done' })
  await eventually('it was read again', () => gateway.figures().acknowledged === 2)
  const { token } = await ask('c2', 'writeRegister', { meter: 'A-E', address: 100, value: 200 })
  expect(device.written).toEqual([])
  expect(await ask('c3', 'confirm', { token })).toMatchObject({ state: 'done' })
  expect(device.written).toEqual([{ address: 100, value: 200 }])
})
