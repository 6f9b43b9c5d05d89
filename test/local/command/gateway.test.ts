// `kilowatch gateway` in a process of its own: a device on a real socket, the blueprint's driver, and the host of one
// machine. Readings arrive, a stop is clean, and what a broker that is away did not get waits for the next start.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Outbox } from '../../../devices/outbox.ts'
import { type Host, startHost } from '../../../local/host.ts'
import { eventually, killed, projectRoot, temporaryFolder } from '../../acceptance/host-process.ts'
import { meter, oneInstitution, register } from '../../functions/province.ts'

const TEST_MS_MAX = 60_000
/** Nobody listens there. */
const NO_BROKER = 'mqtt://127.0.0.1:1'

/** A meter whose register rises by one with each answer. */
async function startDevice(): Promise<{ url: string; answers(): number }> {
  let answers = 0
  const server = createServer((_request, response) => response.end(JSON.stringify({ energyKwh: ++answers })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, answers: () => answers }
}

/** A host that knows the gateway G-A with its meter A-E, and the gateway's password. */
async function startHostWithGateway(): Promise<{ host: Host; password: string }> {
  const data = join(temporaryFolder(), 'data')
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  onTestFinished(() => host.close())
  await register(host.platform, oneInstitution([meter('A-E', 'A')]))
  const [made] = await host.platform.devices.provision([{ id: 'G-A' }])
  return { host, password: made.secret }
}

/** The configuration file of G-A in `folder`. */
function configOf(folder: string, given: { url: string; password: string; device: string }): string {
  const file = join(folder, 'gateway.json')
  const { url, password, device } = given
  const options = { meters: [{ meter: 'A-E', url: device }], everyMs: 500 }
  writeFileSync(
    file,
    JSON.stringify({ gateway: 'G-A', outbox: 'g.outbox', driver: 'blueprint', url, password, options }),
  )
  return file
}

interface Running {
  child: ChildProcess
  stderr(): string
  /** Resolves with the exit code. */
  ended: Promise<number | null>
}
function runGateway(config: string): Running {
  const child = spawn(process.execPath, [join(projectRoot, 'local', 'cli.ts'), 'gateway', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => killed(child))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return { child, stderr: () => stderr, ended: new Promise((resolve) => child.once('close', resolve)) }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'readings of the driver arrive at the host, and %s ends the command in order',
  async (signal) => {
    const [{ host, password }, device, folder] = [await startHostWithGateway(), await startDevice(), temporaryFolder()]
    const running = runGateway(configOf(folder, { url: host.mqttUrl, password, device: device.url }))
    const { readings } = host.platform
    await eventually('two readings are stored', async () => (await readings.count(['A-E'])) >= 2)
    running.child.kill(signal)
    expect(await running.ended, running.stderr()).toBe(0)
    expect(running.stderr()).toContain('gateway G-A reads by driver blueprint')
    expect(running.stderr()).toMatch(/stopped: \d+ readings sent, 0 wait in /)
    const stored = (await readings.range(['A-E'], 0, Date.now() + 1)).get('A-E')
    const values = [...(stored?.value ?? [])]
    expect(values).toEqual(values.map((_, n) => n + 1))
    expect(device.answers() - values.length).toBeLessThanOrEqual(1)
  },
  TEST_MS_MAX,
)

test(
  'readings that a broker did not get stay in the outbox, and the next start sends them',
  async () => {
    const [{ host, password }, device, folder] = [await startHostWithGateway(), await startDevice(), temporaryFolder()]
    const away = runGateway(configOf(folder, { url: NO_BROKER, password, device: device.url }))
    await eventually('the meter is read three times', () => device.answers() >= 3)
    away.child.kill('SIGTERM')
    expect(await away.ended, away.stderr()).toBe(0)
    expect(away.stderr()).toContain('not connected; readings wait in the outbox')
    const outbox = new Outbox({ file: join(folder, 'g.outbox') })
    const waiting = outbox.figures.readings
    outbox.close()
    expect(waiting).toBeGreaterThanOrEqual(2)
    expect(away.stderr()).toContain(`stopped: 0 readings sent, ${waiting} wait in ${join(folder, 'g.outbox')}`)

    const back = runGateway(configOf(folder, { url: host.mqttUrl, password, device: device.url }))
    await eventually('they are stored', async () => (await host.platform.readings.count(['A-E'])) >= waiting)
    back.child.kill('SIGTERM')
    expect(await back.ended, back.stderr()).toBe(0)
    expect(back.stderr()).toMatch(/, 0 wait in /)
  },
  TEST_MS_MAX,
)

test('a wrong file ends the command before it starts anything', async () => {
  const folder = temporaryFolder()
  const file = configOf(folder, { url: 'http://a', password: '', device: 'a' })
  const wrong = runGateway(file)
  expect(await wrong.ended).toBe(1)
  const problems = ['url: is not the address of a broker', 'password: is empty', 'options.meters[0].url: must be']
  for (const problem of problems) expect(wrong.stderr()).toContain(`${file}:1: ${problem}`)
  const absent = runGateway(join(folder, 'absent.json'))
  expect(await absent.ended).toBe(1)
  expect(absent.stderr()).toContain('absent.json cannot be read')
})
