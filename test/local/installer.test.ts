// The installer's hour: does what the README says under "Your first meter", command by command, with a simulated meter
// at the address of the file, up to the register on the screen.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedLine } from '../../devices/simulated/line.ts'
import { simulatedSdm630 } from '../../devices/simulated/sdm630.ts'
import { must } from '../../domain/must.ts'
import { eventually, killed, projectRoot, startHostProcess, temporaryFolder } from '../acceptance/host-process.ts'
import { freePort } from '../devices/broker.ts'
import { firstMeterBlocks } from './first-meter.ts'

const TEST_MS_MAX = 60_000

test(
  'the README leads from nothing to the first value',
  async () => {
    const { commands, yaml } = firstMeterBlocks(join(projectRoot, 'README.md'))
    expect(commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual([
      'npm start --',
      'npx kilowatch template',
      'npx kilowatch import',
      'npx kilowatch gateway',
      'npx kilowatch check',
    ])
    const folder = temporaryFolder()
    const device = simulatedSdm630({ address: '1', kwh: 1234.5 })
    const line = await startSimulatedLine({ meters: [device] })
    onTestFinished(() => line.close())
    const mqttPort = await freePort()
    await startHostProcess(join(folder, 'data'), mqttPort)
    const cli = join(projectRoot, 'local', 'cli.ts')
    const wordsOf = (command: string): string[] => command.split(' ').slice(2)
    // By a shell, which knows what a star is.
    const run = (command = ''): string =>
      execFileSync('sh', ['-c', `"$NODE" "$CLI" ${wordsOf(command).join(' ')}`], {
        ...{ cwd: folder, encoding: 'utf8' },
        env: { ...process.env, NODE: process.execPath, CLI: cli },
      })

    expect(run(commands[1])).toContain('说明-columns.csv')
    const password = must(/gateway G-1: password (\S+)/.exec(run(commands[2]))?.[1])
    const placed = yaml
      .replace('PASSWORD', password)
      .replace('127.0.0.1:1883', `127.0.0.1:${mqttPort}`)
      .replace('192.168.1.20:502', `127.0.0.1:${line.port}`)
    writeFileSync(join(folder, 'gateway.yaml'), placed)
    const gateway = spawn(process.execPath, [cli, ...wordsOf(commands[3] ?? '')], { cwd: folder, stdio: 'ignore' })
    onTestFinished(() => killed(gateway as ChildProcess))
    const shown = await eventually('the register is shown', () => {
      const text = run(`${commands[4]} --once`)
      return text.includes('1234.5 kWh') ? text : undefined
    })
    expect(shown).toMatch(/gateway G-1 is heard\n.*SCHOOL1-E1 \(总电表\): 1234\.5 kWh at 20/s)
  },
  TEST_MS_MAX,
)
