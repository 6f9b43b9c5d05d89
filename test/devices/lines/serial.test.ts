// Meters over a real serial port: socat makes a pseudo terminal whose other end is a line of simulated meters.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { socatPath } from '../../../bin/install-test-peers.mjs'
import { LinePlanner, lineSchema } from '../../../devices/lines/line-config.ts'
import { linesSource } from '../../../devices/lines/lines-source.ts'
import { type LineFault, startSimulatedLine } from '../../../devices/simulated/line.ts'
import { type SimulatedDevice, simulatedDlt645, simulatedModbus } from '../../../devices/simulated/meter.ts'
import { findTemplate } from '../../../devices/template-files.ts'
import { temporaryFolder, until } from '../broker.ts'

const socat = socatPath()

/** A serial port of this machine on which these meters answer. */
async function serialPort(meters: readonly SimulatedDevice[], faultOf?: () => LineFault | undefined): Promise<string> {
  const line = await startSimulatedLine({ meters, ...(faultOf && { faultOf }) })
  const path = join(temporaryFolder(), 'tty')
  const child = spawn(socat ?? 'socat', [`PTY,link=${path},raw,echo=0`, `TCP:127.0.0.1:${line.port}`], {
    stdio: 'ignore',
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await line.close()
  })
  await until('the port is there', () => existsSync(path))
  return path
}

test.skipIf(!socat)('DL/T 645 and Modbus RTU over serial ports, with faults', async () => {
  let count = 0
  const faults: (LineFault | undefined)[] = [undefined, 'split', 'noise', undefined, 'slow', 'corrupt']
  const electricity = simulatedDlt645({ address: '000012345678', value: 1234.5 })
  const pump = simulatedModbus({ address: '3', value: 7, transport: 'rtu', table: 'input', start: 5 })
  const planner = new LinePlanner((name) => findTemplate(name, '.'))
  const lineOn = (path: string, serial: object, more: object) =>
    lineSchema.parse({
      name: path,
      serial: { path, ...serial },
      everySeconds: 1,
      timeoutMs: 500,
      silenceMs: 5,
      ...more,
    })
  const lines = [
    lineOn(
      await serialPort([electricity], () => faults[count++ % faults.length]),
      { baud: 2400, parity: 'even' },
      { meters: [{ template: 'dlt645-2007', address: '000012345678', meter: 'E' }] },
    ),
    lineOn(
      await serialPort([pump]),
      { baud: 9600, parity: 'none' },
      { modbus: 'rtu', meters: [{ template: join(import.meta.dirname, 'hundredths.json'), address: '3', meter: 'P' }] },
    ),
  ].map((config, index) => {
    const { devices, issues } = planner.plan(config, ['lines', index])
    expect(issues).toEqual([])
    return { config, devices: devices.map((device) => ({ ...device, everyMs: 30 })) }
  })
  const stopping = new AbortController()
  const values = new Map<string, number[]>([
    ['E', []],
    ['P', []],
  ])
  const source = linesSource({ lines })
  const running = (async () => {
    for await (const block of source.readings(stopping.signal))
      for (const { meter, value } of block) values.get(meter)?.push(value)
  })()
  await until('both are read', () => [...values.values()].every((own) => own.length >= 8)).finally(() =>
    stopping.abort(),
  )
  await running
  expect(values.get('E')?.filter((value) => !electricity.said.includes(value))).toEqual([])
  expect(values.get('P')?.filter((value) => !pump.said.includes(value))).toEqual([])
})
