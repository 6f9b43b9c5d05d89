// The relay in a DL/T 645-2007 meter: two steps, only by the allow-list, and the frame that two independent sources
// write in the same way.

import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { AllowedControl } from '../../../devices/allowed-control.ts'
import { relayDlt645 } from '../../../devices/codecs/dlt645-request.ts'
import { decodeFrames } from '../../../devices/codecs/protocols.ts'
import { CommandDesk } from '../../../devices/command-desk.ts'
import { LinePlanner, lineSchema } from '../../../devices/lines/line-config.ts'
import { linesSource } from '../../../devices/lines/lines-source.ts'
import { startSimulatedLine } from '../../../devices/simulated/line.ts'
import { type SimulatedRelay, simulatedDlt645 } from '../../../devices/simulated/meter.ts'
import { findTemplate } from '../../../devices/template-files.ts'
import { must } from '../../../domain/must.ts'
import { temporaryFolder } from '../broker.ts'

const PASSWORD = '02123456'
const UNTIL_MS = Date.UTC(2026, 10, 30, 0, 15, 30)

test('the frame: password, operator, 1A or 1B, 00, and the end from the second on', () => {
  const relay = { isOn: false, password: PASSWORD, operator: '78563412', untilMs: UNTIL_MS }
  const frame = relayDlt645('000000000001', relay)
  const data = [0x02, 0x12, 0x34, 0x56, 0x78, 0x56, 0x34, 0x12, 0x1a, 0, 0x30, 0x15, 0x08, 0x30, 0x11, 0x26]
  expect([...frame.subarray(0, 10)]).toEqual([0x68, 1, 0, 0, 0, 0, 0, 0x68, 0x1c, 16])
  expect([...frame.subarray(10, 26)].map((byte) => (byte - 0x33) & 0xff)).toEqual(data)
  expect(relayDlt645('000000000001', { ...relay, isOn: true })[18]).toBe(0x1b + 0x33)
  for (const wrong of ['', '0212', 'zz123456', '0212345678'])
    expect(() => relayDlt645('000000000001', { ...relay, password: wrong })).toThrow(RangeError)
  const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((four) => Buffer.from(four).toString('hex'))
  fc.assert(
    fc.property(bytes, bytes, fc.boolean(), (password, operator, isOn) => {
      const read = decodeFrames('dlt645', relayDlt645('000000000001', { ...relay, password, operator, isOn }))
      expect(read).toMatchObject({ kind: 'controlRequest', address: '000000000001' })
      expect(JSON.stringify(read).replaceAll(' ', '').toLowerCase()).toContain(
        `${password}${operator}${isOn ? '1b' : '1a'}00301508301126`,
      )
    }),
    { numRuns: 50 },
  )
})

/** Two meters on a line, one with a relay, and the desk that takes commands for them. */
async function opened() {
  const relay: SimulatedRelay = { password: PASSWORD, switched: [] }
  const meters = [
    simulatedDlt645({ address: '000000000001', value: 10, relay }),
    simulatedDlt645({ address: '000000000002', value: 10 }),
  ]
  const line = await startSimulatedLine({ meters })
  const config = lineSchema.parse({
    ...{ name: 'a', tcp: `127.0.0.1:${line.port}`, everySeconds: 3_600, timeoutMs: 300, retries: 0 },
    meters: [
      { template: 'dlt645-2007', address: '1', meter: 'M1' },
      { template: 'dlt645-2007', address: '2', meter: 'M2' },
    ],
  })
  const { devices } = new LinePlanner((name) => findTemplate(name, '')).plan(config, ['a'])
  const source = linesSource({ lines: [{ config, devices }] })
  const stop = new AbortController()
  const readings = source.readings(stop.signal)
  const reading = (async () => {
    for await (const _ of readings);
  })()
  onTestFinished(async () => {
    stop.abort()
    await reading.catch(() => undefined)
    await line.close()
  })
  const row = (meter: string, password: string, commands: ('relayOff' | 'relayOn')[]): AllowedControl => ({
    ...{ meter, dlt645: { password, operator: '00000009' }, commands },
  })
  const desk = new CommandDesk({
    actions: { ...source, configure: async () => undefined, reloadConfig: async () => undefined },
    allow: () => [row('M1', PASSWORD, ['relayOff', 'relayOn']), row('M2', PASSWORD, ['relayOff'])],
    auditFile: join(temporaryFolder(), 'commands.jsonl'),
  })
  const send = async (id: string, name: string, given: object) =>
    must(
      await desk.take(
        Buffer.from(JSON.stringify({ v: 1, id, name, arguments: given, expiresMs: Date.now() + 60_000, by: 'li' })),
      ),
    ) as { state: string; token?: string; reason?: string }
  return { relay, send }
}

test('a relay is switched by a confirmed command, and by nothing else', async () => {
  const { relay, send } = await opened()
  const first = await send('c1', 'relayOff', { meter: 'M1' })
  expect(first).toMatchObject({ state: 'confirm' })
  expect(relay.switched).toEqual([])
  expect(await send('c2', 'confirm', { token: first.token })).toMatchObject({ state: 'done' })
  expect(relay.switched).toMatchObject([{ command: '1A', operator: '00000009' }])
  const on = await send('c3', 'relayOn', { meter: 'M1' })
  await send('c4', 'confirm', { token: on.token })
  expect(relay.switched.map(({ command }) => command)).toEqual(['1A', '1B'])
  // Again with the same id: nothing more. Not in the list, and a valve: refused.
  await send('c2', 'confirm', { token: first.token })
  expect(await send('c5', 'relayOn', { meter: 'M2' })).toMatchObject({ state: 'refused' })
  expect(await send('c6', 'valveClose', { meter: 'M1' })).toMatchObject({ state: 'refused' })
  expect(relay.switched).toHaveLength(2)
})

test('a meter that takes no such command, or not this password, is a failure with its reason', async () => {
  const { relay, send } = await opened()
  const silent = await send('c1', 'relayOff', { meter: 'M2' })
  expect(await send('c2', 'confirm', { token: silent.token })).toMatchObject({
    ...{ state: 'failed', reason: expect.stringContaining('no answer') },
  })
  Object.assign(relay, { password: '02999999' })
  const wrong = await send('c3', 'relayOff', { meter: 'M1' })
  const answer = await send('c4', 'confirm', { token: wrong.token })
  expect(answer).toMatchObject({ state: 'failed', reason: expect.stringContaining('the meter refuses: error 04') })
  expect(JSON.stringify(answer)).not.toContain('123456')
  expect(relay.switched).toEqual([])
})
