// A store that cannot be written for a while, e.g. on a full disk: one clear line, health says why, and gateways wait
// for their PUBACK instead of being cut off.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test, vi } from 'vitest'
import { clientOf } from '../../local/command/client.ts'
import { startHost } from '../../local/host.ts'
import { meter, NOON_MS, oneInstitution } from '../functions/province.ts'

const MESSAGES = 60
/** 6 MB under way, more than the largest packet. */
const PADDING = ' '.repeat(100_000)
const PASSWORD = 'a-password-of-the-gateway'

test('a full disk slows gateways down, is named once, and nothing is lost or cut', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-storage-'))
  const log: string[] = []
  const options = { data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, log: (line: string) => log.push(line) }
  const host = await startHost(options)
  onTestFinished(async () => {
    await host.close()
    rmSync(data, { recursive: true, force: true })
  })
  const client = clientOf(host)
  await client.put('registry', {
    ...oneInstitution([meter('A-E', 'A')]),
    gateways: [{ id: 'G-A', institution: 'A', password: PASSWORD }],
  })
  const { append } = host.platform.readings
  let failures = 0
  let isFull = true
  Object.assign(host.platform.readings, {
    append: async (...given: Parameters<typeof append>) => {
      if (!isFull) return append(...given)
      failures++
      throw new Error('IO Error: Could not write all bytes: No space left on device')
    },
  })
  const login = { clientId: 'G-A', username: 'G-A', password: PASSWORD, reconnectPeriod: 0 }
  const gateway = await connectAsync(host.mqttUrl, login)
  let acknowledged = 0
  const sent = Array.from({ length: MESSAGES }, async (_, index) => {
    const readings = [{ meter: 'A-E', at: NOON_MS + index * 1000, value: index }]
    await gateway.publishAsync('kw/v1/G-A/readings', JSON.stringify({ v: 1, readings }) + PADDING, { qos: 1 })
    acknowledged++
  })
  await vi.waitFor(() => expect(failures).toBeGreaterThan(2), { timeout: 20_000 })
  const health = await fetch(`${host.httpUrl}/api/v1/health`)
  expect(health.status).toBe(503)
  const { detail } = (await health.json()) as { detail: string }
  expect(detail).toMatch(/No space left on device.*file system of ".*" has \d+ MB free, \d+ are needed/)
  expect(log.filter((line) => line.includes('No space left'))).toHaveLength(1)
  expect([acknowledged, gateway.connected]).toEqual([0, true])
  isFull = false
  await Promise.all(sent)
  expect(gateway.connected).toBe(true)
  expect(await host.platform.readings.count(['A-E'])).toBe(MESSAGES)
  expect((await fetch(`${host.httpUrl}/api/v1/health`)).status).toBe(200)
  expect(log.join('\n')).not.toContain('was cut')
  await gateway.endAsync()
})

test('a reading by HTTP is answered with 507 and the words of the host, and again with 200', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-storage-'))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, log: () => undefined })
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(async () => {
    said.mockRestore()
    await host.close()
    rmSync(data, { recursive: true, force: true })
  })
  await clientOf(host).put('registry', {
    ...oneInstitution([meter('A-E', 'A')]),
    gateways: [{ id: 'G-A', institution: 'A', password: PASSWORD }],
  })
  const { append } = host.platform.readings
  const full = async () => {
    throw new Error('IO Error: Could not write all bytes: No space left on device')
  }
  const post = () =>
    fetch(`${host.httpUrl}/api/v1/readings`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`G-A:${PASSWORD}`)}` },
      body: JSON.stringify({ v: 1, readings: [{ meter: 'A-E', at: NOON_MS, value: 1 }] }),
    })
  Object.assign(host.platform.readings, { append: full })
  const answer = await post()
  expect(answer.status).toBe(507)
  expect(await answer.json()).toMatchObject({
    detail: expect.stringMatching(/No space left on device.*has \d+ MB free, \d+ are needed/),
    problems: [{ code: 'storageFailed' }],
  })
  Object.assign(host.platform.readings, { append })
  expect((await post()).status).toBe(200)
  const health = (await (await fetch(`${host.httpUrl}/api/v1/health`)).json()) as { eventLoop: object }
  expect(health.eventLoop).toEqual({
    seconds: expect.any(Number),
    ...{ p50Ms: expect.any(Number), p99Ms: expect.any(Number) },
    ...{ p999Ms: expect.any(Number), maxMs: expect.any(Number) },
  })
})
