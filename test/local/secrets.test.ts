// The secrets of a host: files that no other user reads, a token that is one, sessions that end with their password,
// and a log that strangers cannot forge.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test, vi } from 'vitest'
import { notifySettingSchema } from '../../domain/notify/setting.ts'
import { closeToOthers } from '../../local/data-folder.ts'
import { type HostOptions, startHost } from '../../local/host.ts'
import { openPlatform } from '../../local/platform.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
async function hostOn(data: string, more: Partial<HostOptions> = {}) {
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined, ...more })
  onTestFinished(() => host.close())
  return host
}
/** Everything in the folder that others may use, with itself. */
const openToOthers = (folder: string): string[] =>
  ['.', ...readdirSync(folder, { recursive: true }).map(String)].filter(
    (name) => (statSync(join(folder, name)).mode & 0o077) !== 0,
  )

test('no other user reads a data folder, not one that was made earlier either', async () => {
  const data = join(temporaryFolder(), 'data')
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => said.mockRestore())
  const first = await openPlatform(data)
  await first.objects.put('report/a', new Uint8Array([1]), { contentType: 'text/plain' })
  await first.readings.append([{ meter: 'M', atMs: 1, value: 1, quality: 'good' }], 1)
  expect(openToOthers(data)).toEqual([])
  expect(said).not.toHaveBeenCalled()
  await first.close()
  mkdirSync(join(data, 'objects', 'old'), { mode: 0o755 })
  chmodSync(join(data, 'objects', 'old'), 0o755)
  for (const name of ['.', 'state.sqlite', 'readings.duckdb', 'objects', 'objects/report/a'])
    chmodSync(join(data, name), statSync(join(data, name)).isDirectory() ? 0o755 : 0o644)
  await (await openPlatform(data)).close()
  expect(openToOthers(data)).toEqual([])
  expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('6 files and folders'))
})

test.each(['', '\n', 'short', 'x'.repeat(31)])('an admin token "%s" stops the start', async (token) => {
  const data = temporaryFolder()
  writeFileSync(join(data, 'admin-token'), token)
  await expect(hostOn(data)).rejects.toThrow(/admin-token" has \d+ characters/)
  rmSync(join(data, 'admin-token'))
  await hostOn(data)
})

test('a file that another process takes away meanwhile is no error', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-secrets-'))
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  // One file for ever made and taken away, as by the gateways of a demo whose host was killed.
  const other = new Worker(
    `const { chmodSync, mkdirSync, rmSync, writeFileSync } = require('node:fs')
     for (;;) {
       mkdirSync(${JSON.stringify(join(logs, 'day'))}, { recursive: true })
       for (let i = 0; i < 50; i++) {
         writeFileSync(${JSON.stringify(join(logs, 'day', 'wal-'))} + i, '')
         chmodSync(${JSON.stringify(join(logs, 'day', 'wal-'))} + i, 0o644)
       }
       rmSync(${JSON.stringify(join(logs, 'day'))}, { recursive: true })
     }`,
    { eval: true },
  )
  onTestFinished(async () => {
    await other.terminate()
    rmSync(folder, { recursive: true, force: true })
  })
  const before = process.umask()
  onTestFinished(() => {
    process.umask(before)
  })
  let repaired = 0
  await vi.waitFor(() => {
    for (let i = 0; i < 200; i++) repaired += closeToOthers(folder)
    expect(repaired).toBeGreaterThan(200)
  }, 10_000)
})

test('a scheme is taken in any case, and nothing is no token', async () => {
  const { httpUrl, adminToken } = await hostOn(temporaryFolder())
  const statusOf = async (authorization: string) => {
    const response = await fetch(`${httpUrl}/api/v1/settings/recipients`, { headers: { authorization } })
    return response.status
  }
  const schemes = ['Bearer', 'bearer', 'BEARER']
  expect(await Promise.all(schemes.map((scheme) => statusOf(`${scheme} ${adminToken}`)))).toEqual([200, 200, 200])
  expect(await Promise.all(schemes.map((scheme) => statusOf(scheme)))).toEqual([401, 401, 401])
})

test('a session ends with its password; the same password again ends nothing', async () => {
  const { platform, mqttUrl } = await hostOn(temporaryFolder())
  const { devices } = platform
  const session = async (password: string) => {
    const client = await connectAsync(mqttUrl, { clientId: 'G', username: 'G', password, reconnectPeriod: 0 })
    onTestFinished(() => void client.end(true))
    return { client, closed: new Promise<void>((resolve) => client.once('close', () => resolve())) }
  }
  await devices.provision([{ id: 'G', password: 'one' }])
  const first = await session('one')
  await devices.provision([{ id: 'G', password: 'one' }])
  await first.client.publishAsync('kw/v1/G/status', '{}', { qos: 1 })
  await devices.provision([{ id: 'G', password: 'two' }])
  await first.closed
  const second = await session('two')
  await devices.issue('G')
  await second.client.publishAsync('kw/v1/G/status', '{}', { qos: 1 })
  await devices.confirm('G')
  await second.closed
})

test.each(['a@b.cn\r\nBcc: all@b.cn', 'a@b.cn\n', 'a@b.cn\u0085'])('mail from %j is refused', (mailFrom) => {
  const setting = { pageUrl: 'https://k.example.cn/' }
  expect(notifySettingSchema.safeParse({ ...setting, mailFrom }).success).toBe(false)
  expect(notifySettingSchema.safeParse({ ...setting, mailFrom: '能源科 <a@b.cn>' }).success).toBe(true)
})

test('ids reach the log escaped, in one line', async () => {
  const log: string[] = []
  const { mqttUrl } = await hostOn(temporaryFolder(), { log: (line) => log.push(line) })
  const id = '\x1b[31mred\u2028\nkilowatch: ready'
  const options = { clientId: id, username: id, password: 'x', reconnectPeriod: 0 }
  await expect(connectAsync(mqttUrl, options)).rejects.toThrow()
  const line = log.find((one) => one.includes('red'))
  expect(line).toContain('\\u{1b}[31mred\\u{2028}\\u{a}kilowatch')
  expect(log.join('')).not.toMatch(/[\p{Cc}\p{Zl}]/u)
})
