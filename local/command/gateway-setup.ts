// Which lines a running gateway reads: those of its file, or those that the service sent (docs/rules/devices.md
// #configuration-from-the-server). What was sent is kept beside the outbox once the meters have answered with it.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import * as z from 'zod'
import type { ChangingLines } from '../../devices/lines/changing-lines.ts'
import type { PlannedLine } from '../../devices/lines/lines-source.ts'
import type { Log } from '../../devices/log.ts'
import { writeWhole } from '../host-address.ts'
import type { GatewayConfig } from './gateway-config.ts'

const REASONS_MAX = 10

const sentSchema = z.object({ version: z.int().min(1), lines: z.array(z.unknown()) })
type SentConfiguration = z.output<typeof sentSchema>

/** The file that holds a sent configuration; its version also counts after the file on site was reloaded. */
const sentFile = ({ outbox }: GatewayConfig): string => `${outbox}.config.json`

export interface GatewaySetup {
  /** Instead of those of the file; undefined where the file counts. */
  lines: readonly PlannedLine[] | undefined
  /** Version that was sent last; 0: none. */
  version: number
}

/** What counts at a start. A sent configuration that cannot be used is told and left aside. */
export function setupAtStart(config: GatewayConfig, log: Log): GatewaySetup {
  const sent = readSent(sentFile(config), log)
  if (!sent) return { lines: undefined, version: 0 }
  if (sent.lines.length === 0 || !config.configuredByServer) return { lines: undefined, version: sent.version }
  const { lines, problems } = config.planSent(sent.lines)
  if (problems.length === 0) return { lines, version: sent.version }
  log.error(`configuration ${sent.version} of the service cannot be read: ${problems[0]}; the file on site counts`)
  return { lines: undefined, version: sent.version }
}

export interface Reconfiguring {
  /** The configuration as it was read last; `reread` replaces it. */
  config: GatewayConfig
  setup: GatewaySetup
  lines: ChangingLines
  /** Reads the file anew; throws an Error that names file, line and reason. */
  reread(): Promise<GatewayConfig>
  log: Log
}

/** Tries sent lines; resolves to the reason of a refusal, and rejects when the old lines are back. */
export async function configure(
  running: Reconfiguring,
  version: number,
  raw: readonly unknown[],
): Promise<string | undefined> {
  const { config, setup, log } = running
  if (!config.configuredByServer) return 'the configuration on site does not say configuredByServer: true'
  if (version <= setup.version) return `version ${version} is not newer than ${setup.version}`
  const { lines, problems } = config.planSent(raw)
  if (problems.length > 0) return problems.slice(0, REASONS_MAX).join('; ')
  await tryLines(running, lines, `configuration ${version} of the service`)
  writeWhole(sentFile(config), JSON.stringify({ version, lines: [...raw] } satisfies SentConfiguration))
  running.setup = { lines, version }
  log.info(`configuration ${version} of the service holds`)
  return undefined
}

/** Tries the lines of the file on site, which then count instead of sent ones; its allow-list counts at once. */
export async function reloadConfig(running: Reconfiguring): Promise<string | undefined> {
  let config: GatewayConfig
  try {
    config = await running.reread()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const changed = (['gateway', 'url', 'password', 'outbox', 'driver'] as const).find(
    (key) => config[key] !== running.config[key],
  )
  if (changed !== undefined) return `"${changed}" has changed, which needs a restart`
  running.config = config
  for (const problem of config.problems) running.log.error(`this line is left out: ${problem}`)
  await tryLines(running, config.lines, 'the file on site')
  const { version } = running.setup
  running.setup = { lines: undefined, version }
  if (version === 0) rmSync(sentFile(config), { force: true })
  else writeWhole(sentFile(config), JSON.stringify({ version, lines: [] } satisfies SentConfiguration))
  running.log.info('the file on site was read anew and holds')
  return undefined
}

async function tryLines({ lines, log }: Reconfiguring, wanted: readonly PlannedLine[], what: string): Promise<void> {
  const reason = await lines.change(wanted)
  if (reason === undefined) return
  log.error(`${what} was taken back: ${reason}`)
  throw new Error(`taken back: ${reason}`)
}

function readSent(file: string, log: Log): SentConfiguration | undefined {
  if (!existsSync(file)) return undefined
  try {
    return sentSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    log.error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
