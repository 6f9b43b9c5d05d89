// The host on one machine: maps each row of the trigger table to the embedded broker, queues, timers and HTTP server.
// Listens on loopback unless told otherwise, and writes its addresses to a file for the CLI.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CheckedTables, checkStandards } from '../domain/standards/check.ts'
import { DEMO_KEY } from '../functions/api/routes.ts'
import { type ApiEvent, type ApiResult, api } from '../functions/api.ts'
import { assess } from '../functions/assess.ts'
import { contract } from '../functions/contract.ts'
import { control } from '../functions/control.ts'
import type { Handler } from '../functions/handler.ts'
import { ingest } from '../functions/ingest.ts'
import { notify } from '../functions/notify.ts'
import type { MqttBatch, MqttBatchResult, QueueName, ShardEvent, ShardResult } from '../functions/platform.ts'
import { prune } from '../functions/prune.ts'
import { rollup } from '../functions/rollup.ts'
import { settle } from '../functions/settle.ts'
import { type Trigger, triggers } from '../functions/triggers.ts'
import { takeResult } from '../functions/wire/commands.ts'
import { startBroker } from './broker.ts'
import { credentialVerifier } from './credentials.ts'
import { STATE_FILE } from './folder-mark.ts'
import { gatewayWatch } from './gateway-watch.ts'
import { forgetHost, type HostAddress, noteHost, writeWhole } from './host-address.ts'
import { startHttp } from './http.ts'
import { type IngestListener, ingestQueue } from './ingest-queue.ts'
import { newArrivals, type StoredBell } from './live.ts'
import { type LocalPlatform, openPlatform } from './platform.ts'
import { type WorkApart, workApart } from './work-apart.ts'

const TOKEN_FILE = 'admin-token'
/** As many as a generated token has: nobody guesses it. */
const TOKEN_CHARS_MIN = 32

export interface HostOptions {
  /** Data folder; created when missing. */
  data: string
  /** 0: any free port. */
  port: number
  mqttPort: number
  host: string
  /** Names by which browsers reach it, besides addresses and names without a dot. */
  names?: readonly string[]
  /** Folder of the built page; undefined until it is built. */
  web?: () => string | undefined
  /**
   * Queues and timers wait for `run()`, so that they do not disturb a caller that seeds data first. Messages are stored
   * meanwhile.
   */
  hold?: boolean
  log?: (line: string) => void
  /** Goes on with a damaged folder, without what it has lost. */
  acceptLoss?: boolean
  /** Epoch milliseconds; the wall clock when absent. */
  now?: () => number
  /** The tables for judging; the product's own when absent. */
  standards?: CheckedTables
}

export interface Host extends HostAddress {
  platform: LocalPlatform
  handlers: { ingest: Handler<MqttBatch, MqttBatchResult> } & Record<QueueName, Handler<ShardEvent, ShardResult>>
  /** Starts the queues and timers of a host with `hold`. */
  run(): void
  close(): Promise<void>
}

/**
 * Throws an Error with a sentence for the user when a port is taken, the data folder is in use or a standard's table is
 * wrong.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  checkStandards(options.standards)
  const { data, host } = options
  const log = escaped(options.log ?? console.error)
  const platform = await openPlatform(data, options.now, options)
  platform.checkpointApart()
  const apart = workApart(platform, join(data, STATE_FILE))
  const handlers = handlersOn(platform, apart)

  const verify = credentialVerifier(platform.state, { queue: platform.passwords })
  const arrivals = newArrivals()
  const queue = ingestQueue(handlers.ingest, listenerOf(platform, arrivals, log))
  const opened: { close(): Promise<void> }[] = []
  const close = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer)
    for (const one of opened.reverse()) await one.close()
    await queue.drained()
    await platform.close()
    forgetHost(data)
  }
  const timers = [...tellProblems(platform, log), tidyLake(platform, log)]
  try {
    const adminToken = tokenOf(data)
    await platform.hostClock.started()
    const watch = await gatewayWatch({ state: platform.state, now: platform.now, log })
    opened.push(watch)
    const broker = await startBroker({
      ...{ host, port: options.mqttPort, verify, queue, watch },
      results: (message) => takeResult(platform.state, message),
      now: platform.now,
      log,
    }).catch(taken('MQTT', options.mqttPort, '--mqtt-port'))
    opened.push(broker)
    platform.devices.connect(broker)
    opened.push(apart)
    const http = await startHttp({
      host,
      port: options.port,
      ...{ apart, arrivals },
      api: handlers.api as (event: ApiEvent) => Promise<ApiResult>,
      verify,
      adminToken,
      names: options.names,
      accounts: platform.accounts,
      isOpen: async () => (await platform.state.get(DEMO_KEY)) !== undefined,
      web: options.web ?? (() => undefined),
    }).catch(taken('HTTP', options.port, '--port'))
    opened.push(http)
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
    const address: HostAddress = {
      pid: process.pid,
      httpUrl: `http://${name}:${http.port}`,
      mqttUrl: `mqtt://${name}:${broker.port}`,
      adminToken,
    }
    noteHost(data, address)
    const run = (): void => void timers.push(...startQueues(platform, handlers))
    if (!options.hold) run()
    return { ...address, platform, handlers, run, close }
  } catch (error) {
    await close()
    throw error
  }
}

const listenerOf = ({ storage }: LocalPlatform, arrivals: StoredBell, log: (line: string) => void): IngestListener => ({
  failed: (error) => storage.failed(error, log),
  worked() {
    storage.worked()
    arrivals.told()
  },
})

const handlersOn = (platform: LocalPlatform, apart: WorkApart) =>
  ({
    ingest: ingest(platform),
    settle: settle(platform),
    assess: assess(platform),
    rollup: rollup(platform),
    notify: notify(platform),
    prune: prune(platform),
    // A province takes minutes.
    reports: apart.reports,
    contract: contract(platform),
    control: control(platform),
    api: api(platform),
  }) satisfies Record<keyof typeof triggers, unknown>

/**
 * Gives queue rows their handler; runs schedule rows at once, to resume the work of a killed host, and then at their
 * rate.
 */
function startQueues(
  { fanOut }: LocalPlatform,
  handlers: Record<string, (event: never) => Promise<unknown>>,
): NodeJS.Timeout[] {
  const timers: NodeJS.Timeout[] = []
  for (const [name, trigger] of Object.entries<Trigger>(triggers)) {
    const { queue, everyMinutes } = trigger
    if (!queue) continue
    const handler = handlers[name] as (event: ShardEvent) => Promise<ShardResult>
    fanOut.serve(queue, (shards) => (shards.includes(ALL) ? handler({ shards: [] }) : handler({ shards })))
    if (!everyMinutes) continue
    void fanOut.send(queue, [ALL])
    timers.push(setInterval(() => void fanOut.send(queue, [ALL]), everyMinutes * 60_000).unref())
  }
  return timers
}
/** Says what is wrong with the host, once a minute while it lasts, and when it is over. */
function tellProblems({ problems }: LocalPlatform, log: (line: string) => void): NodeJS.Timeout[] {
  let told = new Set<string>()
  const tell = (): void => {
    // The storage speaks for itself, at once.
    const now = problems().filter(({ code }) => code !== 'storageFailed')
    for (const { en } of now) log(en)
    const codes = new Set<string>(now.map(({ code }) => code))
    for (const code of told) if (!codes.has(code)) log(`${code} is over`)
    told = codes
  }
  tell()
  return [setInterval(tell, PROBLEM_MS).unref()]
}
const PROBLEM_MS = 60_000
const TIDY_MS = 60_000

/** Ids and topics come from strangers: one line stays one line, and no terminal obeys it. */
const escaped =
  (log: (line: string) => void) =>
  (line: string): void =>
    log(line.replace(UNPRINTABLE, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`))
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Means all shards in the queue; no area has this code. */
const ALL = ''

function tokenOf(data: string): string {
  const file = join(data, TOKEN_FILE)
  if (!existsSync(file)) writeWhole(file, randomBytes(24).toString('base64url'))
  const token = readFileSync(file, 'utf8').trim()
  if (token.length < TOKEN_CHARS_MIN)
    throw new Error(`"${file}" has ${token.length} characters, ${TOKEN_CHARS_MIN} at least: remove it to get a new one`)
  return token
}

const taken =
  (name: string, port: number, option: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'EADDRINUSE')
      throw new Error(`${name} port ${port} is taken by another program; choose another with ${option}`, {
        cause: error,
      })
    if (error.code === 'EACCES')
      throw new Error(`${name} port ${port} may not be opened by this user; choose another with ${option}`, {
        cause: error,
      })
    throw error
  }

/** Moves old readings into the lake, a minute after the start and then each minute; a pass that fails comes again. */
function tidyLake(platform: LocalPlatform, log: (line: string) => void): NodeJS.Timeout {
  let isTidying = false
  return setInterval(async () => {
    if (isTidying) return
    isTidying = true
    await platform.tidyLake().catch((error: Error) => log(`the lake is not tidied: ${error.message}`))
    isTidying = false
  }, TIDY_MS).unref()
}
