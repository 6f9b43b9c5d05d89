// `kilowatch gateway`: runs one gateway from its configuration file until it is stopped. Messages that the broker has
// not acknowledged stay in the outbox for the next start.

import { mkdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandDesk } from '../../devices/command-desk.ts'
import { startGateway } from '../../devices/gateway.ts'
import { ChangingLines } from '../../devices/lines/changing-lines.ts'
import { type GatewayHealth, linesHealth } from '../../devices/lines/gateway-health.ts'
import type { LinesSource } from '../../devices/lines/lines-source.ts'
import type { Log } from '../../devices/log.ts'
import type { Source } from '../../devices/source.ts'
import { type GatewayConfig, parseGatewayConfig } from './gateway-config.ts'
import { configure, type Reconfiguring, reloadConfig, setupAtStart } from './gateway-setup.ts'
import { progressLine } from './progress.ts'
import { stopSignal } from './stop-signal.ts'

/** Time for the last readings to reach the broker after a stop. Docker kills ten seconds after it asked to stop. */
const DRAIN_MS_MAX = 5_000

export async function runGateway({ config: file }: { config: string }): Promise<void> {
  const config = parseGatewayConfig(await readConfig(file), file)
  const { gateway: id, url, password, outbox, driver, source } = config
  mkdirSync(dirname(outbox), { recursive: true })
  const stopped = stopSignal()
  const line = progressLine()
  const log = stderrLog(() => line.clear())
  for (const problem of config.problems) log.error(`this line is left out: ${problem}`)
  const setup = setupAtStart(config, log)
  const meters = source(log, setup.lines && { lines: setup.lines })
  const running: Reconfiguring | undefined =
    meters instanceof ChangingLines
      ? { config, setup, lines: meters, log, reread: async () => parseGatewayConfig(await readConfig(file), file) }
      : undefined
  const gateway = startGateway({
    ...{ id, url, log, mqtt: certificatesOf(config) },
    ...(password !== undefined && { password }),
    source: endingAt(stopped, meters),
    ...(running && { onCommand: commandsOf(running) }),
    health: () => (running ? healthOf(running) : healthOfDriver(meters)),
    outbox: { file: outbox },
    onProgress: ({ acknowledged, outbox: { readings } }) =>
      line.show(`${acknowledged} readings sent, ${readings} wait`),
  })
  log.info(`gateway ${id} reads by driver ${driver} and sends to ${new URL(url).host}; Ctrl-C stops`)
  let late: NodeJS.Timeout | undefined
  stopped.addEventListener('abort', () => {
    late = setTimeout(() => void gateway.stop(), DRAIN_MS_MAX)
  })
  try {
    await gateway.drained()
  } catch (error) {
    if (!stopped.aborted) throw error
  } finally {
    clearTimeout(late)
    await gateway.stop()
    const { acknowledged, outbox: waiting } = gateway.figures()
    log.info(`stopped: ${acknowledged} readings sent, ${waiting.readings} wait in ${outbox} for the next start`)
  }
}

/** Commands are for lines; a driver knows none. The audit file lies beside the outbox. */
export function commandsOf(running: Reconfiguring): (payload: Uint8Array) => Promise<object | undefined> {
  const { lines } = running
  const desk = new CommandDesk({
    actions: {
      ...{ readNow: lines.readNow, setInterval: lines.setInterval, write: lines.write },
      configure: (version, raw) => configure(running, version, raw),
      reloadConfig: () => reloadConfig(running),
    },
    allow: () => running.config.allow,
    auditFile: `${running.config.outbox}.commands.jsonl`,
  })
  return (payload) => desk.take(payload)
}

/** PEM files; throws when one cannot be read. */
const certificatesOf = ({ files }: GatewayConfig): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readFileSync(file)]))

/** What the status says of lines and meters (docs/rules/devices.md#gateway-status). */
function healthOf({ lines, config: { problems }, setup }: Reconfiguring): GatewayHealth {
  return {
    ...linesHealth(lines.health()),
    ...(setup.lines && { configuration: setup.version }),
    ...(!setup.lines && problems.length > 0 && { problems }),
  }
}
/** The driver of collectors reports them as lines. */
const healthOfDriver = (meters: Source | LinesSource): GatewayHealth =>
  'health' in meters ? linesHealth(meters.health()) : {}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A source that also ends when the command is stopped, so that the gateway can still send the readings it has. */
const endingAt = (stopped: AbortSignal, source: Source): Source => ({
  isAcknowledging: source.isAcknowledging ?? false,
  readings: (signal) => source.readings(AbortSignal.any([signal, stopped])),
})

/** One line an event, e.g. `kilowatch: online (gateway G-1, queued 0)`. */
function stderrLog(clear: () => void): Log {
  const write = (message: string, facts: Record<string, unknown> = {}): void => {
    clear()
    const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
    process.stderr.write(`kilowatch: ${message}${told.length > 0 ? ` (${told.join(', ')})` : ''}\n`)
  }
  return { info: write, warn: write, error: write }
}
