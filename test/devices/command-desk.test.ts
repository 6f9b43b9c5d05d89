// Commands to a gateway: each once, none that has expired, control only from the allow-list and after a confirmation;
// and the whole way from the API over MQTT to a Modbus register and back.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CommandDesk } from '../../devices/command-desk.ts'
import type { CommandResult } from '../../devices/command-log.ts'
import { startGateway } from '../../devices/gateway.ts'
import { ChangingLines } from '../../devices/lines/changing-lines.ts'
import { startSimulatedLine } from '../../devices/simulated/line.ts'
import { simulatedDlt645, simulatedModbus } from '../../devices/simulated/meter.ts'
import { must } from '../../domain/must.ts'
import { verifyAudit } from '../../functions/state/audit.ts'
import { clientOf } from '../../local/command/client.ts'
import { commandsOf } from '../../local/command/gateway.ts'
import { parseGatewayConfig } from '../../local/command/gateway-config.ts'
import { setupAtStart } from '../../local/command/gateway-setup.ts'
import { startHost } from '../../local/host.ts'
import { eventually } from '../acceptance/host-process.ts'
import { apiCall } from '../functions/api-call.ts'
import { meter, oneInstitution, register, send } from '../functions/province.ts'
import { temporaryFolder } from './broker.ts'

const NOW_MS = Date.UTC(2026, 10, 29)
const SOON = NOW_MS + 60_000

function deskIn(folder: string, clock = { nowMs: NOW_MS }) {
  const acts: string[] = []
  const desk = new CommandDesk({
    actions: {
      readNow: (id) => acts.push(`read ${id}`) > 0 && id === 'M1',
      setInterval: (id, everyMs) => acts.push(`interval ${id} ${everyMs}`) > 0,
      write: async (id, setting) => void acts.push(`write ${id} ${Object.values(setting).join(' ')}`),
      configure: async (version) => (version > 1 ? void acts.push(`configure ${version}`) : 'not newer'),
      reloadConfig: async () => void acts.push('reload'),
    },
    allow: () => [
      { meter: 'M1', address: 100, min: 160, max: 260 },
      { meter: 'M1', address: 101, min: 0, max: 1, by: ['zhang'] },
      { meter: 'M1', coil: 3, commands: ['relayOff', 'relayOn'], inverted: false },
      { meter: 'M2', coil: 4, commands: ['valveClose'], inverted: true },
    ],
    auditFile: join(folder, 'commands.jsonl'),
    now: () => clock.nowMs,
  })
  const send = (id: string, name: string, given?: unknown, expiresMs?: number, by?: string) =>
    desk.take(Buffer.from(JSON.stringify({ v: 1, id, name, arguments: given, expiresMs, by })))
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
  ['an unknown one', 'explode', { meter: 'M1' }, SOON, 'no command of this gateway'],
  ['a name of every object', 'toString', { meter: 'M1' }, SOON, 'no command of this gateway'],
  ['a register that is not allowed', 'writeRegister', { ...write, address: 102 }, SOON, 'not in the allow-list'],
  ['a relay that is not allowed', 'relayOff', { meter: 'M2' }, SOON, 'not in the allow-list'],
  ['a valve whose opening is not allowed', 'valveOpen', { meter: 'M2' }, SOON, 'not in the allow-list'],
  ['somebody whom the row does not name', 'writeRegister', { ...write, address: 101, value: 1 }, SOON, 'may not'],
  ['an old configuration', 'configure', { version: 1, lines: [{}] }, SOON, 'not newer'],
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

test('a switch sets its coil after the confirmation, an inverted one the other way round', async () => {
  const { acts, send } = deskIn(temporaryFolder())
  for (const [index, [name, meter]] of (
    [
      ['relayOff', 'M1'],
      ['relayOn', 'M1'],
      ['valveClose', 'M2'],
    ] as const
  ).entries()) {
    const { token } = must(await send(`a${index}`, name, { meter }, SOON))
    expect(await send(`b${index}`, 'confirm', { token })).toMatchObject({ state: 'done' })
  }
  expect(acts).toEqual(['write M1 3 false', 'write M1 3 true', 'write M2 4 true'])
})

test('only the one who asked confirms, and a stranger who tries does not end the wait', async () => {
  const folder = temporaryFolder()
  const { acts, send } = deskIn(folder)
  const { token } = must(await send('a', 'writeRegister', { ...write, address: 101, value: 1 }, SOON, 'zhang'))
  expect(await send('b', 'confirm', { token }, SOON, 'li')).toMatchObject({ state: 'refused' })
  expect(await send('c', 'confirm', { token }, SOON)).toMatchObject({ state: 'refused' })
  expect(acts).toEqual([])
  expect(await send('d', 'confirm', { token }, SOON, 'zhang')).toMatchObject({ state: 'done' })
  expect(acts).toEqual(['write M1 101 1'])
  const log = readFileSync(join(folder, 'commands.jsonl'), 'utf8')
  expect(log).toContain('zhang asked for this, and li confirms it')
  expect(log).not.toContain(must(token))
})

test('a confirmation that comes again after a restart does nothing; a cut-off audit file is read on', async () => {
  const folder = temporaryFolder()
  const { acts, send } = deskIn(folder)
  const { token } = must(await send('a', 'writeRegister', write, SOON))
  await send('b', 'confirm', { token }, SOON)
  const file = join(folder, 'commands.jsonl')
  appendFileSync(file, '{"at":"2026-')
  const again = deskIn(folder)
  expect(await again.send('b', 'confirm', { token }, SOON)).toMatchObject({ state: 'done' })
  expect(await again.send('c', 'confirm', { token }, SOON)).toMatchObject({ state: 'refused' })
  expect([acts, again.acts]).toEqual([['write M1 100 200'], []])
  expect(deskIn(folder).desk).toBeDefined()
  const ids = readFileSync(file, 'utf8').match(/"id":"c"/g)
  expect(ids).toHaveLength(1)
  expect(await deskIn(folder).send('c', 'readNow', { meter: 'M1' })).toMatchObject({ state: 'refused' })
})

interface Sent {
  id: string
  by: string
  result: { value: CommandResult } | null
}

/** A host and a gateway whose line speaks to a simulated Modbus device over TCP. */
async function running(more: { trialMs?: number } = {}) {
  const device = simulatedModbus({ address: '1', value: 7, transport: 'tcp', table: 'input', start: 5 })
  const line = await startSimulatedLine({ meters: [device] })
  onTestFinished(() => line.close())
  const folder = temporaryFolder()
  const host = await startHost({ data: join(folder, 'data'), port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {} })
  onTestFinished(() => host.close())
  await register(host.platform, oneInstitution([meter('A-E', 'A')]))
  const [{ secret }] = await host.platform.devices.provision([{ id: 'G-A' }])
  const file = join(folder, 'g.yaml')
  const lineOf = (unit: number, port = line.port) => ({
    ...{ name: 'a', tcp: `127.0.0.1:${port}`, everySeconds: 3_600, timeoutMs: 300, retries: 0 },
    meters: [{ template: join(import.meta.dirname, 'lines', 'hundredths.json'), address: unit, meter: 'A-E' }],
  })
  const write = (lines: object[], given: object = {}) =>
    writeFileSync(
      file,
      JSON.stringify({
        ...{ gateway: 'G-A', url: host.mqttUrl, password: secret, outbox: 'g.outbox', configuredByServer: true },
        allow: [
          { meter: 'A-E', address: 100, min: 160, max: 260 },
          { meter: 'A-E', coil: 3, commands: ['relayOff', 'relayOn'] },
        ],
        ...{ lines, ...given },
      }),
    )
  write([lineOf(1)])
  const reread = async () => parseGatewayConfig(readFileSync(file, 'utf8'), file)
  const log = { info() {}, warn() {}, error() {} }
  const start = async () => {
    const config = await reread()
    const setup = setupAtStart(config, log)
    const lines = config.source(log, { ...more, ...(setup.lines && { lines: setup.lines }) })
    if (!(lines instanceof ChangingLines)) throw new Error('the source has no lines')
    const gateway = startGateway({
      ...{ id: 'G-A', url: host.mqttUrl, password: secret, source: lines, outbox: { file: config.outbox } },
      onCommand: commandsOf({ config, setup, lines, log, reread }),
    })
    onTestFinished(() => gateway.stop())
    return { gateway, lines, setup }
  }
  const client = clientOf(host)
  const sent = async (id: string) => {
    const { items } = await client.get<{ items: Sent[] }>('gateways/G-A/commands')
    return items.find((one) => one.id === id)
  }
  const answerTo = (id: string) => eventually(`${id} is answered`, async () => (await sent(id))?.result?.value)
  const ask = async (id: string, name: string, given?: unknown, at: 'commands' | 'control' = 'commands') => {
    await client.post(`gateways/G-A/${at}`, { id, name, arguments: given, expiresMs: Date.now() + 60_000 })
    return await answerTo(id)
  }
  return { device, line, lineOf, write, start, client, ask, answerTo, sent, folder, host }
}

test('from the API over MQTT to a register and a relay, and the result back', async () => {
  const { device, start, client, ask, answerTo, sent, host } = await running()
  const { gateway } = await start()
  await eventually('the gateway has sent a reading', () => gateway.figures().acknowledged === 1)
  expect(await ask('c1', 'readNow', { meter: 'A-E' })).toMatchObject({ state: 'done' })
  await eventually('it was read again', () => gateway.figures().acknowledged === 2)
  await expect(client.post('gateways/G-A/control/c2/confirm', {})).rejects.toThrow('no command "c2"')
  const first = await ask('c2', 'writeRegister', { meter: 'A-E', address: 100, value: 200 }, 'control')
  expect(first).toMatchObject({ state: 'confirm' })
  // The token is the service's, not the reader's of the list.
  expect(first).not.toHaveProperty('token')
  await ask('c3', 'relayOff', { meter: 'A-E' }, 'control')
  expect([device.written, device.switched]).toEqual([[], []])
  for (const id of ['c2', 'c3']) {
    await client.post(`gateways/G-A/control/${id}/confirm`, {})
    expect(await answerTo(`${id}.confirm`)).toMatchObject({ state: 'done' })
  }
  // A confirmation that comes twice is one command, and does it once.
  await client.post('gateways/G-A/control/c3/confirm', {})
  expect(device.written).toEqual([{ address: 100, value: 200 }])
  expect(device.switched).toEqual([{ coil: 3, isOn: false }])
  expect((await sent('c3'))?.by).toBe('admin')
  const verified = await verifyAudit(host.platform.state)
  expect(verified).toMatchObject({ broken: null })
  expect(verified.entries).toBeGreaterThanOrEqual(5)
})

test('a sent configuration holds when the meters answer, and is taken back when they fall silent', async () => {
  const { lineOf, write, start, ask, device, folder } = await running({ trialMs: 1_500 })
  const { gateway, lines, setup } = await start()
  await eventually('the gateway has sent a reading', () => gateway.figures().acknowledged === 1)
  const shipped = (line: ReturnType<typeof lineOf>, template = 'dlt645-2007') => ({
    ...line,
    meters: line.meters.map((one) => ({ ...one, template, address: '000000000001' })),
  })
  // A file of the gateway's machine, a template that is not there, and an address that stands twice.
  expect(await ask('c1', 'configure', { version: 1, lines: [lineOf(1)] })).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining('lines[0].meters[0].template'),
  })
  expect(await ask('c2', 'configure', { version: 1, lines: [shipped(lineOf(1), 'nothing')] })).toMatchObject({
    state: 'refused',
  })
  // Right in form, and no meter speaks this protocol there.
  expect(await ask('c3', 'configure', { version: 1, lines: [shipped(lineOf(1))] })).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/taken back.*A-E/),
  })
  const before = gateway.figures().acknowledged
  await ask('c4', 'readNow', { meter: 'A-E' })
  await eventually('the old lines read on', () => gateway.figures().acknowledged > before)
  // On site somebody turns to unit 2, which is not there, and back.
  write([lineOf(2)])
  expect(await ask('c5', 'reloadConfig')).toMatchObject({ state: 'failed' })
  write([lineOf(1), { name: 'b' }])
  expect(await ask('c6', 'reloadConfig')).toMatchObject({ state: 'done' })
  write([lineOf(1)], { gateway: 'G-B' })
  expect(await ask('c7', 'reloadConfig')).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining('gateway'),
  })
  write([lineOf(1)], { lines: 'none' })
  expect(await ask('c8', 'reloadConfig')).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining('g.yaml:'),
  })
  expect(setup.version).toBe(0)
  expect(existsSync(join(folder, 'g.outbox.config.json'))).toBe(false)
  expect(lines.health().map(({ name }) => name)).toEqual(['a'])
  expect(device.said.length).toBeGreaterThan(2)
})

test('a sent configuration counts after a restart, an older version never, and the site can take it back', async () => {
  const { write, lineOf, start, ask } = await running({ trialMs: 5_000 })
  const other = await startSimulatedLine({ meters: [simulatedDlt645({ address: '000000000007', value: 5 })] })
  onTestFinished(() => other.close())
  const first = await start()
  await eventually('the gateway has sent a reading', () => first.gateway.figures().acknowledged === 1)
  const wanted = {
    ...{ name: 'b', tcp: `127.0.0.1:${other.port}`, everySeconds: 3_600 },
    meters: [{ template: 'dlt645-2007', address: 7, meter: 'A-E' }],
  }
  expect(await ask('c1', 'configure', { version: 3, lines: [wanted] })).toMatchObject({ state: 'done' })
  expect(first.lines.health().map(({ name }) => name)).toEqual(['b'])
  expect(await ask('c2', 'configure', { version: 3, lines: [wanted] })).toMatchObject({ state: 'refused' })
  await first.gateway.stop()
  const again = await start()
  expect(again.setup.version).toBe(3)
  expect(again.lines.health().map(({ name }) => name)).toEqual(['b'])
  await eventually('it reads by them', () => again.lines.health()[0].meters[0].answers > 0)
  expect(await ask('c3', 'reloadConfig')).toMatchObject({ state: 'done' })
  expect(again.lines.health().map(({ name }) => name)).toEqual(['a'])
  expect(await ask('c4', 'configure', { version: 3, lines: [wanted] })).toMatchObject({ state: 'refused' })
  write([lineOf(1)], { configuredByServer: false })
  await ask('c5', 'reloadConfig')
  expect(await ask('c6', 'configure', { version: 4, lines: [wanted] })).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining('configuredByServer'),
  })
})

test('a permitted rule of control writes the set-point of the night over a real gateway, and a stranger to the list does not', async () => {
  const { device, start, client, sent, host, write, lineOf } = await running()
  write([lineOf(1)], { allow: [{ meter: 'A-E', address: 100, min: 160, max: 260, by: ['admin, rule night'] }] })
  const { gateway } = await start()
  await eventually('the gateway has sent a reading', () => gateway.figures().acknowledged === 1)
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const week = Array.from({ length: 10 * 24 }, (_, n) => ({ meter: 'A-E', at: hour - (n + 1) * 3_600_000, value: 0 }))
  await send(host.platform, 'G-A', week)
  // Permitted before the hour at which the night begins, which is this one.
  const before = { ...host.platform, now: () => hour - 60_000 }
  const inUtc8 = (hour / 3_600_000 + 8) % 24
  for (const id of ['night', 'stranger']) {
    const path = `meters/A-E/control-rules/${id}`
    const window = { fromHour: inUtc8, toHour: (inUtc8 + 12) % 24 }
    const rule = { kind: 'nightSetBack', ...window, savedShare: 0.1, address: 100, night: 160, day: 200 }
    const days = { from: String(hour - 9 * 86_400_000), to: String(hour - 86_400_000) }
    for (const [method, below, body] of [
      ['PUT', '', { rule }],
      ['POST', '/trial', days],
      ['PUT', '/permission', { untilMs: hour + 86_400_000 }],
    ] as const)
      expect((await apiCall(before, method, `${path}${below}`, body)).status).toBe(200)
  }
  const orders = async (rule: string) =>
    (
      await client.get<{ items: { id: string; orders: { state: string; reason: string }[] }[] }>(
        'meters/A-E/control-rules',
      )
    ).items.find(({ id }) => id === rule)?.orders ?? []
  await eventually('both orders have ended', async () => {
    await host.handlers.control({ shards: [] })
    return (await orders('night'))[0]?.state === 'done' && (await orders('stranger'))[0]?.state === 'refused'
  })
  expect(device.written).toEqual([{ address: 100, value: 160 }])
  expect((await orders('stranger'))[0].reason).toContain('admin, rule stranger may not do this')
  const { items } = await client.get<{ items: Sent[] }>('gateways/G-A/commands')
  expect(items.map(({ by }) => by)).toEqual(expect.arrayContaining(['admin, rule night', 'admin, rule stranger']))
  expect(await sent('none')).toBeUndefined()
  expect(await verifyAudit(host.platform.state)).toMatchObject({ broken: null })
})
