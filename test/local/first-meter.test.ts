// The installer's hour by README alone, from the first command as it is written: a fresh copy of this repository,
// `npm start` with the page built, two terminals beside it, and the register on the page; in ten minutes by the clock.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedLine } from '../../devices/simulated/line.ts'
import { simulatedSdm630 } from '../../devices/simulated/sdm630.ts'
import { must } from '../../domain/must.ts'
import type { MeterView } from '../../domain/view/view.ts'
import { eventually, projectRoot, temporaryFolder } from '../acceptance/host-process.ts'
import { launchChromium, PERSON_PASSWORD } from '../browser.ts'
import { CAMPAIGN } from '../campaign.ts'
import { firstMeterBlocks } from './first-meter.ts'

const MINUTES_MAX = 10
/** What README's commands use when nobody says otherwise. */
const PORTS = [8080, 1883]

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
const arePortsFree = (await Promise.all(PORTS.map(isFree))).every(Boolean)

/** What git has, with the packages that are installed: as after `git clone` and the first install. */
function freshCopy(): string {
  const copy = join(temporaryFolder(), 'kilowatch')
  for (const file of execFileSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(projectRoot, file), join(copy, file))
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

test.skipIf(!CAMPAIGN || !arePortsFree)(
  'README alone leads from npm start to the register on the page, in ten minutes',
  async () => {
    const copy = freshCopy()
    const device = simulatedSdm630({ address: '1', kwh: 1234.5 })
    const line = await startSimulatedLine({ meters: [device] })
    onTestFinished(() => line.close())
    const { commands, yaml, user } = firstMeterBlocks(join(copy, 'README.md'))
    const startMs = performance.now()
    /** In a terminal of its own, and left running. */
    const leave = (command: string): (() => string) => {
      const child: ChildProcess = spawn('sh', ['-c', command], { cwd: copy, detached: true, stdio: 'pipe' })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => (said += String(bytes)))
      onTestFinished(() => {
        if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      })
      return () => said
    }
    const run = (command: string): string => execFileSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8' })

    const [start, template, importing, gateway, check] = commands as [string, string, string, string, string]
    const said = leave(start)
    const ready = await eventually('it is ready', () => /ready: (http\S+)/.exec(said()) ?? undefined, 5 * 60_000)
    expect(run(template)).toContain('npx kilowatch import')
    const password = must(/gateway G-1: password (\S+)/.exec(run(importing))?.[1])
    const written = yaml.replace('PASSWORD', password).replace('192.168.1.20:502', `127.0.0.1:${line.port}`)
    writeFileSync(join(copy, 'gateway.yaml'), written)
    leave(gateway)
    const checked = leave(check)
    await eventually('check shows the register', () => checked().includes('1234.5 kWh'), 120_000)

    // The page, as the person who was added by README's last command.
    const link = must(/http\S+invitation\/\S+/.exec(run(user))?.[0])
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage({ locale: 'zh-CN' })
    await page.goto(link)
    await page.getByTestId('door-send').waitFor()
    for (const field of await page.locator('input[type="password"]').all()) await field.fill(PERSON_PASSWORD)
    await page.getByTestId('door-send').click()
    await eventually('the person is signed in', async () => !page.url().includes('invitation'), 60_000)
    await page.goto(`${ready[1]}/#/meter/SCHOOL1-E1?grain=raw`)
    await page.getByText('1,234.5').first().waitFor({ timeout: 60_000 })
    const minutes = (performance.now() - startMs) / 60_000
    process.stdout.write(`README, from npm start to the register on the page: ${minutes.toFixed(1)} minutes\n`)
    expect(minutes).toBeLessThan(MINUTES_MAX)
    const meter = (await page.evaluate(async () => (await fetch('api/v1/meters/SCHOOL1-E1')).json())) as MeterView
    expect(meter.lastReadingAtMs).not.toBeNull()
  },
  MINUTES_MAX * 60_000 + 120_000,
)
